"""What looks like a secret, and so never lands in a file that is written."""

import re

_NAMES = re.compile(
    r"passw|passwd|pwd\b|secret|token|api_?key|apikey|access_?key|private_?key|credential|auth(?!or)|bearer",
    re.IGNORECASE,
)
# Keys of clouds and forges, JSON web tokens, PEM blocks, passwords in addresses, and long random words.
_TEXTS = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bsk-[\w-]{16,}|\bgh[pousr]_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abpr]-[\w-]{10,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}|-----BEGIN |://[^/\s:@]+:[^/\s@]+@"
    r"|\b(?=[\w+/-]*\d)(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])[\w+/-]{24,}"
    r"|(?i:passw\w*|secret|token|api_?key)\W{1,4}\w"
)


def secret_name(name: str) -> bool:
    """Whether a name says that its value is nobody's business."""
    return _NAMES.search(name) is not None


def secret_text(text: str) -> bool:
    """Whether a text holds something that looks like a key, a token, a password."""
    return _TEXTS.search(text) is not None
