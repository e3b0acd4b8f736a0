"""Tables in Markdown."""

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int = 1) -> str:
    """Lay out a table, each line ended.

    Args:
        header: Titles of the columns.
        rows: Cells of each row.
        text_columns: Columns from the left that hold text; the others hold numbers.
    """
    rule = [*['---'] * text_columns, *['---:'] * (len(header) - text_columns)]
    return ''.join(f'| {" | ".join(cells)} |\n' for cells in (header, rule, *rows))
