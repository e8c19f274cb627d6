"""Every limit of a message: at the limit it is accepted, one beyond it is refused with the field's name."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sandbox.lineworks.limits import Invalid, check, check_menu

Content = dict[str, Any]
REFERENCE = Path(os.environ.get("KAIMONO_REFERENCE", Path(__file__).parents[4] / "shared" / "reference"))

SAY: Content = {"type": "message", "label": "はい", "text": "はい"}
OPEN: Content = {"type": "uri", "label": "開く", "uri": "https://bot.example.co.jp/p/1"}
POSTBACK: Content = {"type": "postback", "label": "選ぶ", "data": "addr:1", "displayText": "本社"}
COPY: Content = {"type": "copy", "label": "写す", "copyText": "250-1"}
PICTURE = "https://img.example.co.jp/a.png"
UNNAMED = "https://img.example.co.jp/show?file=a.jpg"
JPEG = "https://img.example.co.jp/a.JPG?size=1.png"


def text(**fields: Any) -> Content:
    return {"type": "text", "text": "はい"} | fields


def link(**fields: Any) -> Content:
    return {"type": "link", "contentText": "本文", "linkText": "開く", "link": "https://x.example/"} | fields


def buttons(*actions: Content, **fields: Any) -> Content:
    return {"type": "button_template", "contentText": "本文", "actions": list(actions or [SAY])} | fields


def listing(**fields: Any) -> Content:
    return {"type": "list_template", "elements": [{"title": "机"}]} | fields


def element(**fields: Any) -> Content:
    return listing(elements=[{"title": "机"} | fields])


def column(**fields: Any) -> Content:
    return {"text": "本社", "actions": [SAY]} | fields


def carousel(*columns: Content, **fields: Any) -> Content:
    return {"type": "carousel", "columns": list(columns or [column()])} | fields


def images(*columns: Content) -> Content:
    return {"type": "image_carousel", "columns": list(columns)}


def quick(*actions: Content, **fields: Any) -> Content:
    return text(quickReply={"items": [{"action": action} | fields for action in actions]})


def bubble(*components: Content, **fields: Any) -> Content:
    box = {"type": "box", "layout": "vertical", "contents": list(components)}
    return {"type": "bubble", "body": box} | fields


def flex(contents: Content, **fields: Any) -> Content:
    return {"type": "flex", "altText": "領収", "contents": contents} | fields


def of_size(size: int) -> Content:
    """A bubble of exactly so many bytes of JSON."""
    empty = bubble({"type": "text", "text": "a"})
    padding = size - len(json.dumps(empty, separators=(",", ":"))) + 1
    return bubble({"type": "text", "text": "a" * padding})


def i18n(field: str, value: str, language: str = "en_US") -> list[Content]:
    return [{"language": language, field: value}]


ACCEPTED: dict[str, Content] = {
    "text 2000": text(text="あ" * 2000),
    "text of 1000 emoji": text(text="🙂" * 1000),
    "text in five languages": text(
        i18nTexts=[{"language": name, "text": "a"} for name in ("ko_KR", "ja_JP", "zh_CN", "zh_TW", "en_US")]
    ),
    "link 1000": link(contentText="あ" * 1000, linkText="あ" * 1000),
    "content text 1000": buttons(contentText="あ" * 1000),
    "10 buttons": buttons(*[SAY] * 10),
    "message, uri and copy in a button template": buttons(SAY, OPEN, COPY),
    "label 20": buttons(SAY | {"label": "あ" * 20}),
    "message text 300, postback 1000": buttons(SAY | {"text": "あ" * 300, "postback": "p" * 1000}),
    "message without text": buttons({"type": "message", "label": "はい"}),
    "uri 1000": buttons(OPEN | {"uri": "https://x.example/" + "a" * 982}),
    "copy 1000": buttons(COPY | {"copyText": "a" * 1000}),
    "4 elements": listing(elements=[{"title": "机"}] * 4),
    "element 1000": element(title="あ" * 1000, subtitle="あ" * 1000, action=OPEN, originalContentUrl=PICTURE),
    "cover": listing(coverData={"title": "あ" * 1000, "subtitle": "合計", "backgroundImageUrl": PICTURE}),
    "2 by 2 buttons": listing(actions=[[SAY, SAY], [SAY, OPEN]]),
    "10 columns": carousel(*[column()] * 10),
    "3 actions": carousel(column(actions=[SAY, OPEN, POSTBACK])),
    "column text 120": carousel(column(text="あ" * 120)),
    "column text 60 with title 40": carousel(column(title="あ" * 40, text="あ" * 60)),
    "default action without label": carousel(
        column(defaultAction={"type": "uri", "uri": "https://x.example/"})
    ),
    "postback data and displayText 300": carousel(
        column(actions=[POSTBACK | {"data": "d" * 300, "displayText": "あ" * 300}])
    ),
    "square and contain": carousel(imageAspectRatio="square", imageSize="contain"),
    "image carousel": images({"fileId": "jp1.1", "action": POSTBACK | {"label": "あ" * 12}}),
    "13 quick replies": quick(*[SAY] * 13),
    "every action in a quick reply": quick(
        SAY,
        OPEN,
        POSTBACK,
        COPY,
        *({"type": kind, "label": "送る"} for kind in ("camera", "cameraRoll", "location")),
    ),
    "quick reply picture": quick(SAY, imageUrl=PICTURE),
    "column picture whose kind shows in no name": carousel(column(originalContentUrl=UNNAMED)),
    "image carousel of any kind of picture": images({"originalContentUrl": JPEG}),
    "image of any kind": {"type": "image", "previewImageUrl": JPEG, "originalContentUrl": JPEG},
    "alt text 400": flex(of_size(200), altText="あ" * 400),
    "flex 15 KB": flex(of_size(15360)),
    "10 bubbles": flex({"type": "carousel", "contents": [bubble(size="nano")] * 10}),
    "uri in flex": flex(bubble({"type": "button", "action": OPEN})),
    "hero image": flex(bubble(hero={"type": "image", "url": PICTURE})),
    "baseline box": flex(
        bubble(
            {
                "type": "box",
                "layout": "baseline",
                "contents": [
                    {"type": "icon", "url": PICTURE},
                    {"type": "text", "contents": [{"type": "span", "text": "a"}]},
                ],
            }
        )
    ),
    "image": {"type": "image", "previewImageUrl": PICTURE, "originalContentUrl": PICTURE},
    "image by file": {"type": "image", "fileId": "jp1.1"},
    "file": {"type": "file", "originalContentUrl": "https://x.example/a.pdf"},
    "audio": {"type": "audio", "fileId": "jp1.1"},
    "video": {"type": "video", "previewImageUrl": PICTURE, "originalContentUrl": "https://x.example/a.mp4"},
    "sticker": {"type": "sticker", "packageId": "1", "stickerId": "2"},
    "location": {
        "type": "location",
        "title": "本社",
        "address": "あ" * 100,
        "latitude": 35.6,
        "longitude": 139,
    },
}

REFUSED: dict[str, tuple[Content, str]] = {
    "no type": ({"text": "はい"}, "content.type"),
    "unknown type": ({"type": "hologram"}, "content.type"),
    "type not a string": ({"type": 3}, "content.type"),
    "no text": ({"type": "text"}, "content.text"),
    "empty text": (text(text=""), "content.text"),
    "text a number": (text(text=5), "content.text"),
    "text 2001": (text(text="あ" * 2001), "content.text"),
    "text of 1001 emoji": (text(text="🙂" * 1001), "content.text"),
    "half a surrogate pair": (text(text="\ud83d"), "content.text"),
    "i18n text 2001": (text(i18nTexts=i18n("text", "a" * 2001)), "content.i18nTexts[0].text"),
    "unknown language": (text(i18nTexts=i18n("text", "a", "fr_FR")), "content.i18nTexts[0].language"),
    "link text 1001": (link(linkText="あ" * 1001), "content.linkText"),
    "link content text 1001": (link(contentText="あ" * 1001), "content.contentText"),
    "no link": (link(link=None), "content.link"),
    "link 1001": (link(link="https://x.example/" + "a" * 983), "content.link"),
    "link without scheme": (link(link="bot.example.co.jp/p"), "content.link"),
    "content text 1001": (buttons(contentText="あ" * 1001), "content.contentText"),
    "i18n content text 1001": (
        buttons(i18nContentTexts=i18n("contentText", "a" * 1001)),
        "content.i18nContentTexts[0].contentText",
    ),
    "11 buttons": (buttons(*[SAY] * 11), "content.actions"),
    "no buttons": (buttons(actions=[]), "content.actions"),
    "buttons not an array": (buttons(actions={"0": SAY}), "content.actions"),
    "postback in a button template": (buttons(POSTBACK), "content.actions[0].type"),
    "postback in a list template": (listing(actions=[[POSTBACK]]), "content.actions[0][0].type"),
    "camera in a button template": (buttons({"type": "camera", "label": "撮る"}), "content.actions[0].type"),
    "date picker": (buttons({"type": "datetimepicker", "label": "日付"}), "content.actions[0].type"),
    "action without type": (buttons({"label": "はい"}), "content.actions[0].type"),
    "action a string": (buttons("はい"), "content.actions[0]"),  # type: ignore[arg-type]
    "no label": (buttons({"type": "message", "text": "はい"}), "content.actions[0].label"),
    "label 21": (buttons(SAY | {"label": "あ" * 21}), "content.actions[0].label"),
    "i18n label 21": (
        buttons(SAY | {"i18nLabels": i18n("label", "a" * 21)}),
        "content.actions[0].i18nLabels[0].label",
    ),
    "message text 301": (buttons(SAY | {"text": "あ" * 301}), "content.actions[0].text"),
    "message postback 1001": (buttons(SAY | {"postback": "p" * 1001}), "content.actions[0].postback"),
    "uri missing": (buttons({"type": "uri", "label": "開く"}), "content.actions[0].uri"),
    "uri 1001": (buttons(OPEN | {"uri": "https://x.example/" + "a" * 983}), "content.actions[0].uri"),
    "uri with a blank": (buttons(OPEN | {"uri": "https://x.example/a b"}), "content.actions[0].uri"),
    "copy 1001": (buttons(COPY | {"copyText": "a" * 1001}), "content.actions[0].copyText"),
    "copy without text": (buttons({"type": "copy", "label": "写す"}), "content.actions[0].copyText"),
    "5 elements": (listing(elements=[{"title": "机"}] * 5), "content.elements"),
    "no elements": (listing(elements=[]), "content.elements"),
    "element without title": (listing(elements=[{"subtitle": "1 × 820円"}]), "content.elements[0].title"),
    "element title 1001": (element(title="あ" * 1001), "content.elements[0].title"),
    "element subtitle 1001": (element(subtitle="あ" * 1001), "content.elements[0].subtitle"),
    "element picture and file": (
        element(originalContentUrl=PICTURE, fileId="jp1.1"),
        "content.elements[0].fileId",
    ),
    "element picture over http": (
        element(originalContentUrl="http://x.example/a.png"),
        "content.elements[0].originalContentUrl",
    ),
    "element picture not PNG": (element(originalContentUrl=JPEG), "content.elements[0].originalContentUrl"),
    "column picture not PNG": (
        carousel(column(originalContentUrl=JPEG)),
        "content.columns[0].originalContentUrl",
    ),
    "quick reply picture not PNG": (quick(SAY, imageUrl=JPEG), "content.quickReply.items[0].imageUrl"),
    "cover title 1001": (listing(coverData={"title": "あ" * 1001}), "content.coverData.title"),
    "cover with both pictures": (
        listing(coverData={"title": "a", "backgroundImageUrl": PICTURE, "backgroundFileId": "f"}),
        "content.coverData.backgroundFileId",
    ),
    "3 rows": (listing(actions=[[SAY]] * 3), "content.actions"),
    "3 in a row": (listing(actions=[[SAY] * 3]), "content.actions[0]"),
    "row not an array": (listing(actions=[SAY]), "content.actions[0]"),
    "11 columns": (carousel(*[column()] * 11), "content.columns"),
    "no columns": (carousel(columns=[]), "content.columns"),
    "4 actions": (carousel(column(actions=[SAY] * 4)), "content.columns[0].actions"),
    "no actions": (carousel(column(actions=[])), "content.columns[0].actions"),
    "uneven actions": (carousel(column(), column(actions=[SAY, SAY])), "content.columns[1].actions"),
    "one title of two": (carousel(column(title="本社"), column()), "content.columns[1].title"),
    "one picture of two": (
        carousel(column(), column(originalContentUrl=PICTURE)),
        "content.columns[1].originalContentUrl",
    ),
    "column title 41": (carousel(column(title="あ" * 41)), "content.columns[0].title"),
    "column text 121": (carousel(column(text="あ" * 121)), "content.columns[0].text"),
    "column text 61 with a title": (
        carousel(column(title="本社", text="あ" * 61)),
        "content.columns[0].text",
    ),
    "column text 61 with a picture": (
        carousel(column(fileId="f", text="あ" * 61)),
        "content.columns[0].text",
    ),
    "column without text": (carousel(column(text=None)), "content.columns[0].text"),
    "postback data 301": (
        carousel(column(actions=[POSTBACK | {"data": "d" * 301}])),
        "content.columns[0].actions[0].data",
    ),
    "postback without data": (
        carousel(column(actions=[{"type": "postback", "label": "選ぶ"}])),
        "content.columns[0].actions[0].data",
    ),
    "display text 301": (
        carousel(column(actions=[POSTBACK | {"displayText": "あ" * 301}])),
        "content.columns[0].actions[0].displayText",
    ),
    "aspect ratio": (carousel(imageAspectRatio="round"), "content.imageAspectRatio"),
    "image size": (carousel(imageSize="fill"), "content.imageSize"),
    "image carousel label 13": (
        images({"fileId": "f", "action": POSTBACK | {"label": "あ" * 13}}),
        "content.columns[0].action.label",
    ),
    "image carousel without picture": (images({"action": SAY}), "content.columns[0].originalContentUrl"),
    "11 images": (images(*[{"fileId": "f"}] * 11), "content.columns"),
    "14 quick replies": (quick(*[SAY] * 14), "content.quickReply.items"),
    "quick reply without items": (text(quickReply={}), "content.quickReply.items"),
    "quick reply without action": (text(quickReply={"items": [{}]}), "content.quickReply.items[0].action"),
    "quick reply postback without display text": (
        quick({"type": "postback", "label": "本社", "data": "d"}),
        "content.quickReply.items[0].action.displayText",
    ),
    "quick reply with both pictures": (
        quick(SAY, imageUrl=PICTURE, imageResourceId="r"),
        "content.quickReply.items[0].imageResourceId",
    ),
    "no alt text": (flex(of_size(200), altText=None), "content.altText"),
    "alt text 401": (flex(of_size(200), altText="あ" * 401), "content.altText"),
    "flex 15 KB and a byte": (flex(of_size(15361)), "content.contents"),
    "flex without contents": (flex(None), "content.contents"),  # type: ignore[arg-type]
    "11 bubbles": (
        flex({"type": "carousel", "contents": [bubble(size="nano")] * 11}),
        "content.contents.contents",
    ),
    "bubbles of two sizes": (
        flex({"type": "carousel", "contents": [bubble(size="nano"), bubble()]}),
        "content.contents.contents",
    ),
    "bubble size of LINE": (flex(bubble(size="deca")), "content.contents.size"),
    "empty bubble": (flex({"type": "bubble"}), "content.contents.body"),
    "unknown component": (flex(bubble({"type": "video"})), "content.contents.body.contents[0].type"),
    "message action in flex": (
        flex(bubble({"type": "button", "action": SAY})),
        "content.contents.body.contents[0].action.type",
    ),
    "flex button without action": (
        flex(bubble({"type": "button"})),
        "content.contents.body.contents[0].action",
    ),
    "flex text without text": (flex(bubble({"type": "text"})), "content.contents.body.contents[0].text"),
    "box without layout": (flex(bubble({"type": "box"})), "content.contents.body.contents[0].layout"),
    "flex picture over http": (
        flex(bubble({"type": "image", "url": "http://x.example/a.png"})),
        "content.contents.body.contents[0].url",
    ),
    "image without preview": ({"type": "image", "originalContentUrl": PICTURE}, "content.previewImageUrl"),
    "image over http": (
        {"type": "image", "previewImageUrl": "http://x.example/a.png", "originalContentUrl": PICTURE},
        "content.previewImageUrl",
    ),
    "image as file and URL": (
        {"type": "image", "fileId": "f", "originalContentUrl": PICTURE},
        "content.fileId",
    ),
    "program file": (
        {"type": "file", "originalContentUrl": "https://x.example/a.EXE"},
        "content.originalContentUrl",
    ),
    "file without anything": ({"type": "file"}, "content.originalContentUrl"),
    "sticker with a number": ({"type": "sticker", "packageId": 1, "stickerId": "2"}, "content.packageId"),
    "location without latitude": (
        {"type": "location", "title": "本社", "address": "東京都", "longitude": 139},
        "content.latitude",
    ),
    "location address 101": (
        {"type": "location", "title": "本社", "address": "あ" * 101, "latitude": 35, "longitude": 139},
        "content.address",
    ),
}


@pytest.mark.parametrize("content", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(content: Content) -> None:
    assert check(content) == []


@pytest.mark.parametrize(("content", "name"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(content: Content, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(content)
    assert refused.value.field == name
    assert str(refused.value).startswith(name)


def test_deeply_nested_flex_is_refused() -> None:
    inner: Content = {"type": "text", "text": "a"}
    for _ in range(60):
        inner = {"type": "box", "layout": "vertical", "contents": [inner]}
    with pytest.raises(Invalid, match="nested too deeply"):
        check(flex(bubble(inner)))


def test_misspelt_fields_are_noted_not_refused() -> None:
    """Whether the real service rejects them is not known, so the stand-in only tells (reference 13.2)."""
    assert check(element(subTitle="1 × 820円")) == ["content.elements[0].subTitle: unknown field"]
    assert check(text(quickreply={})) == ["content.quickreply: unknown field"]


def test_lines_that_are_not_shown_are_noted() -> None:
    assert check(carousel(column(text="1\n2\n3\n4"))) == []
    assert check(carousel(column(text="1\n2\n3\n4\n5"))) == [
        "content.columns[0].text: lines after the 4. are not shown"
    ]
    assert check(carousel(column(title="本社", text="1\n2\n3"))) == [
        "content.columns[0].text: lines after the 2. are not shown"
    ]


def test_unproven_schemes_are_noted() -> None:
    (note,) = check(buttons(OPEN | {"uri": "tel:0300000000"}))
    assert note.startswith("content.actions[0].uri")


def test_menu_has_one_to_four_actions() -> None:
    assert check_menu({"actions": [SAY | {"label": "あ" * 1000}] * 4}) == []
    for actions, name in (
        ([], "content.actions"),
        ([SAY] * 5, "content.actions"),
        ([POSTBACK], "content.actions[0].type"),
        ([SAY | {"label": "あ" * 1001}], "content.actions[0].label"),
    ):
        with pytest.raises(Invalid) as refused:
            check_menu({"actions": actions})
        assert refused.value.field == name


def test_samples_of_the_reference_are_accepted() -> None:
    folder = REFERENCE / "lineworks" / "sends"
    if not folder.is_dir():
        pytest.skip(f"no reference: set KAIMONO_REFERENCE to the folder that holds {folder.parent.name}/")
    samples = sorted(folder.glob("*.json"))
    assert samples
    for sample in samples:
        assert check(json.loads(sample.read_text(encoding="utf-8"))["content"]) == [], sample.name
