"""Actions (buttons): which kind is allowed where, and their limits (LINE WORKS reference 3.3, 3.4)."""

from dataclasses import dataclass

from sandbox.lineworks.fields import Fields, Invalid


@dataclass(frozen=True)
class Place:
    """A spot where an action may stand, and the kinds allowed there."""

    name: str
    kinds: frozenset[str]
    label: int = 20
    label_optional: bool = False
    display_text_required: bool = False


_TAP = frozenset({"message", "uri", "copy"})
BUTTON = Place("a button template", _TAP)
LIST = Place("a list template", _TAP)
CAROUSEL = Place("a carousel", _TAP | {"postback"})
CAROUSEL_DEFAULT = Place("a carousel's defaultAction", _TAP | {"postback"}, label_optional=True)
IMAGE_CAROUSEL = Place("an image carousel", _TAP | {"postback"}, label=12)
QUICK_REPLY = Place(
    "a quick reply",
    _TAP | {"postback", "camera", "cameraRoll", "location"},
    display_text_required=True,
)
MENU = Place("a persistent menu", _TAP, label=1000)
# The table of the reference is silent about flex and only `uri` is proven, so a stand-in that is
# never laxer than the platform allows nothing else there (reference 3.3, gaps 7).
FLEX = Place("a flexible template", frozenset({"uri"}))

KINDS = frozenset({"message", "uri", "copy", "postback", "camera", "cameraRoll", "location"})


def check_action(action: Fields, place: Place) -> None:
    """Raises Invalid when the platform would refuse this action at this place."""
    kind = action.text("type", 20, required=True)
    if kind not in KINDS:
        raise Invalid(action.where("type"), f'"{kind}" is not an action.')
    if kind not in place.kinds:
        raise Invalid(action.where("type"), f'"{kind}" is not allowed in {place.name}.')
    action.text("label", place.label, required=not place.label_optional)
    action.i18n("i18nLabels", "label", place.label)
    if kind == "message":
        action.text("text", 300)
        action.text("postback", 1000)
        action.i18n("i18nTexts", "text", 300)
    elif kind == "postback":
        action.text("data", 300, required=True)
        action.text("displayText", 300, required=place.display_text_required)
        action.i18n("i18nDisplayTexts", "displayText", 300)
    elif kind == "uri":
        action.web_link("uri")
    elif kind == "copy":
        action.text("copyText", 1000, required=True)
    action.done()


def check_actions(holder: Fields, place: Place, most: int) -> int:
    """One to `most` actions in `holder.actions`; returns how many."""
    actions = holder.objects("actions", 1, most)
    for action in actions:
        check_action(action, place)
    return len(actions)


def check_quick_reply(quick_reply: Fields) -> None:
    """One to 13 items, each an action with an optional picture (reference 3.4)."""
    for item in quick_reply.objects("items", 1, 13):
        check_action(item.need("action"), QUICK_REPLY)
        if item.one_of("imageUrl", "imageResourceId") == "imageUrl":
            item.png("imageUrl")
        item.done()
    quick_reply.done()
