"""A painted picture as HTML: enlarged, with what there is to say below it."""

FRAME = "display:inline-block;width:170px;margin:6px;vertical-align:top;font:11px/1.35 sans-serif"


def card(picture, *sentences: str) -> str:
    """HTML of a PIL picture; the first sentence is its description, too, for those who can't see it."""
    import base64
    import io
    from html import escape

    file = io.BytesIO()
    picture.save(file, "PNG")
    told = [escape(sentence) for sentence in sentences]
    return (
        f"<figure style='{FRAME}'>"
        f"<img alt='{told[0]}' src='data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}' "
        "style='width:170px;image-rendering:pixelated;border:1px solid #D5D7DC'>"
        f"<figcaption style='overflow-wrap:anywhere'>{'<br>'.join(told)}</figcaption></figure>"
    )
