from .error_videos import render_error_video
from .track_videos import read_image, render_video, video_writer

__all__ = ['read_image', 'render_error_video', 'render_video', 'video_writer']
