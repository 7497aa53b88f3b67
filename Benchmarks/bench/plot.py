"""A bar plot as SVG, written by hand: nothing to install, and readable as a difference."""

import html

LABEL_WIDTH = 380
BAR_WIDTH = 420
ROW_HEIGHT = 22
TOLLGATE, OTHER = "#0b6e4f", "#9aa5b1"


def bar_plot(heading, bars):
    """Bars of (label, value, whether it is Tollgate's) from the top down, on one linear scale from zero."""
    width = LABEL_WIDTH + BAR_WIDTH + 90
    height = 60 + ROW_HEIGHT * len(bars)
    most = max(value for _, value, _ in bars)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="22" font-size="15" font-weight="bold">{html.escape(heading)}</text>',
        f'<rect x="{LABEL_WIDTH}" y="12" width="10" height="10" fill="{TOLLGATE}"/>'
        f'<text x="{LABEL_WIDTH + 15}" y="21">Tollgate over HTTP</text>'
        f'<rect x="{LABEL_WIDTH + 150}" y="12" width="10" height="10" fill="{OTHER}"/>'
        f'<text x="{LABEL_WIDTH + 165}" y="21">others</text>',
    ]
    for index, (label, value, is_tollgate) in enumerate(bars):
        top = 40 + ROW_HEIGHT * index
        length = BAR_WIDTH * value / most
        lines += [
            f'<text x="{LABEL_WIDTH - 8}" y="{top + 12}" text-anchor="end">{html.escape(label)}</text>',
            f'<rect x="{LABEL_WIDTH}" y="{top}" width="{length:.1f}" height="16"'
            f' fill="{TOLLGATE if is_tollgate else OTHER}"/>',
            f'<text x="{LABEL_WIDTH + length + 6:.1f}" y="{top + 12}">{value:,.0f}</text>',
        ]
    return "\n".join(lines + ["</svg>"]) + "\n"
