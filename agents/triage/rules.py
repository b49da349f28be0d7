"""The rules by which the offline model sorts a ticket: good enough to try the flow, no claim of intelligence."""

import json
import re
from typing import Any

from agents.model import Prompt
from agents.offline import Rules
from agents.suspicion import strange
from agents.triage.reading import (
    CLASSIFY,
    EXTRACT,
    SUMMARISE,
    Category,
    Classification,
    Extraction,
    Priority,
    Summary,
)

_PILES: tuple[tuple[Category, str], ...] = (
    ("safety", r"smok|fire|spark|electric shock|burn(t|ed|s)? (my|his|her|the)|brand\b|rauch|stromschlag|fumée|incendie|"
               r"humo|fuego|دخان|حريق|صدمة كهربائية"),
    ("damaged", r"broke|broken|damag|crack|defect|stopped working|does(n't| not) work|flicker|kaputt|beschädigt|defekt|"
                r"zerbrochen|cassé|endommag|roto|rota|dañad|مكسور|تالف|لا يعمل"),
    ("account", r"password|log ?in|my account|my data|e-?mail address|new address|moved to|passwort|konto|mot de passe|"
                r"contraseña|كلمة المرور|حسابي"),
    ("billing", r"invoice|charged|payment|receipt|\bvat\b|rechnung|zahlung|facture|factura|pago|فاتورة|دفع"),
    ("delivery", r"deliver|parcel|shipping|shipped|arriv|courier|tracking|wrong item|lieferung|paket|livraison|colis|"
                 r"entrega|envío|paquete|توصيل|شحن|الطرد"),
    ("return", r"return|send (it|them) back|refund|money back|exchange|zurück(geben|schicken|senden)|erstatt|rembours|"
               r"retour|devol|reembols|استرجاع|إرجاع|استرداد"),
    ("complaint", r"complain|unacceptable|rude|disappoint|never again|beschwer|unverschämt|inacceptable|queja|"
                  r"inaceptable|شكوى"),
    ("question", r"\?|؟|how (do|can|long)|which|do you (have|sell)"),
)  # fmt: skip
_URGENT = r"urgent|immediately|asap|right now|emergency|dringend|sofort|urgente?|immédiatement|عاجل|فورا"
_HIGH = r"today|tomorrow|deadline|lawyer|chargeback|third time|still (no|not|waiting)|heute|morgen|demain|mañana|اليوم|غدا"
_LOW = r"newsletter|unsubscribe|no hurry|whenever|just wanted to say|thank you so much|keine eile"
_LANGUAGES = (
    ("ar", r"[\u0600-\u06ff]"),
    ("ja", r"[\u3040-\u30ff]"),
    ("zh", r"[\u4e00-\u9fff]"),
    ("ru", r"[\u0400-\u04ff]"),
    ("de", r"\b(und|ich|nicht|bitte|ist|mein(e|en)?)\b"),
    ("fr", r"\b(je|est|vous|ma|mon|bonjour|pas)\b"),
    ("es", r"\b(hola|el|mi|por favor|está|gracias|una)\b"),
)
_PRODUCT = (
    r"(?:aurora|nadir|pico|halo|desk one|linen|oak)(?: (?:floor|table|pendant|wall|task|side))?"
    r"(?: (?:lamps?|lights?|shades?|table))?|(?:floor|table|pendant|desk|wall|task) (?:lamps?|light)|stehlampe|lampadaire"
)
_WISHES: tuple[tuple[str, str], ...] = (
    ("Wants their money back.", r"refund|money back|reimburse|erstatt|geld zurück|rembours|reembols|استرداد"),
    ("Wants a replacement.", r"replace|new one|exchange|ersatz|umtausch|remplac|reemplaz|استبدال"),
    ("Wants to know where the delivery is.", r"where is|when will|tracking|wo ist|wo bleibt|où est|dónde está|أين"),
    ("Wants something changed.", r"\b(change|update|correct)\b|ändern|changer|cambiar|تغيير"),
    ("Wants to send something back.", r"return|send (it|them) back|zurück|retour|devol|إرجاع"),
)


def triage_rules() -> Rules:
    """The rules for all prompts of this agent, by the prompts' names."""
    return {CLASSIFY.name: classify, EXTRACT.name: extract, SUMMARISE.name: summarise}


def classify(prompt: Prompt) -> Classification:
    """The pile whose words come up first in the list."""
    data = json.loads(prompt.data)
    text = _own_words(data["ticket"])
    category, words = next(((name, words) for name, words in _PILES if _has(words, text)), ("other", ""))
    return Classification(
        category=category,
        priority=_priority(category, text),
        language=next((name for name, words in _LANGUAGES if _has(words, text)), "en"),
        quote=_sentence(words, text),
        suspicious=strange((data["ticket"], *data["attachments"])),
    )


def extract(prompt: Prompt) -> Extraction:
    """Product, order and wish by their words."""
    data = json.loads(prompt.data)
    text = _own_words(data["ticket"])
    named = re.search(_PRODUCT, text, re.IGNORECASE)
    order = _order(text, data["orders"], named[0] if named else None)
    items = next((str(each["items"]) for each in data["orders"] if each["number"] == order), None)
    wish, words = next(((wish, words) for wish, words in _WISHES if _has(words, text)), ("Wants an answer.", r"\?|؟"))
    return Extraction(product=items or (named[0] if named else None), order=order, wish=wish, quote=_sentence(words, text))


def summarise(prompt: Prompt) -> Summary:
    """The findings as sentences, because rules cannot write one."""
    data = json.loads(prompt.data)
    about = f" about {data['product']}" if data["product"] else ""
    order = f" (order {data['order']})" if data["order"] else ""
    return Summary(summary=f"{data['category'].title()} ticket{about}{order}, {data['priority']} priority. {data['wish']}")


def _priority(category: Category, text: str) -> Priority:
    if category == "safety" or _has(_URGENT, text):
        return "urgent"
    if _has(_HIGH, text):
        return "high"
    return "low" if _has(_LOW, text) else "normal"


def _order(text: str, orders: list[Any], product: str | None) -> str | None:
    """The order that is named, or the only one that holds the product."""
    named = re.search(r"\b[A-Z]-\d{3,8}\b", text)
    if named:
        return named[0]
    holding = [str(each["number"]) for each in orders if product and product.lower() in str(each["items"]).lower()]
    return holding[0] if len(holding) == 1 else None


def _own_words(text: str) -> str:
    """The ticket without quoted older mails."""
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))


def _has(words: str, text: str) -> bool:
    return re.search(words, text, re.IGNORECASE) is not None


def _sentence(words: str, text: str) -> str:
    """The first sentence with one of the words, else the longest."""
    pieces = [" ".join(piece.split()) for piece in re.split(r"(?<=[.!?؟])\s+|\n\s*\n|,\s*\n", text)]
    telling = next((piece for piece in pieces if words and _has(words, piece) and len(piece) > 10), None)
    return (telling or max(pieces, key=len, default=""))[:300]
