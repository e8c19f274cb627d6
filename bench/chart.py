"""The table as a picture: for every aim a bar, on a scale where good is 1 and further right is better."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from bench.aims import Row

_LEFT, _WIDTH, _ROW, _MOST = 470, 330, 26, 4.0
_COLOURS = {"after": "#2a7f4f", "good": "#5aa469", "short": "#c8553d"}


def chart(rows: Sequence[Row]) -> str:
    """An SVG document."""
    height = 50 + _ROW * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 90}" height="{height}" '
        'font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{_x(1) - 14}" y="20" fill="#555">good</text>',
    ]
    for place, row in enumerate(rows):
        y = 34 + place * _ROW
        score = row.ratio / row.aim.good if row.aim.better == "more" else row.aim.good / row.ratio
        width = _x(min(score, _MOST)) - _LEFT
        parts.append(f'<text x="{_LEFT - 10}" y="{y + 14}" text-anchor="end">{escape(row.aim.what)}</text>')
        parts.append(
            f'<rect x="{_LEFT}" y="{y}" width="{width:.0f}" height="18" fill="{_COLOURS[row.verdict]}"/>'
        )
        parts.append(f'<text x="{_LEFT + width + 6:.0f}" y="{y + 14}" fill="#333">{row.ratio:.2f}</text>')
    parts.append(f'<path d="M{_x(1):.0f} 26V{height - 8}" stroke="#555" stroke-dasharray="4 3"/>')
    return "\n".join([*parts, "</svg>", ""])


def _x(score: float) -> float:
    return _LEFT + _WIDTH * score / _MOST
