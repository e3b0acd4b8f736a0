"""mmcv's modulated deformable convolution, made safe for mixed precision and channels-last."""

import torch
from mmcv.ops import ModulatedDeformConv2dPack, modulated_deform_conv2d
from torch import Tensor


class DeformableConv(ModulatedDeformConv2dPack):
    """A 3 x 3 convolution at learned places (Zhu et al., Deformable ConvNets v2, 2019).

    Its operator knows neither bfloat16 nor, on the CPU, half precision, and takes every tensor for
    contiguous.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (B, in_channels, H, W) to (B, out_channels, H, W)."""
        device = x.device.type
        half = device == 'cuda' and torch.get_autocast_dtype(device) == torch.float16
        with torch.autocast(device, enabled=half and torch.is_autocast_enabled(device)):
            x = (x if half else x.to(self.weight.dtype)).contiguous()
            x_steps, y_steps, mask = self.conv_offset(x).chunk(3, dim=1)
            return modulated_deform_conv2d(
                x,
                torch.cat([x_steps, y_steps], dim=1).contiguous(),
                mask.sigmoid().contiguous(),
                self.weight.contiguous(),
                self.bias,
                self.stride,
                self.padding,
                self.dilation,
                self.groups,
                self.deform_groups,
            )
