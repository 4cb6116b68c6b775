"""Directories that web servers hand out, by the names that distributions and servers give them.

A server that somebody started by hand (``python -m http.server``) leaves no trace in a path.
"""

from pathlib import PurePosixPath

# Debian and Red Hat, nginx, Arch and SUSE, Homebrew, macOS, httpd's own images.
_ROOTS = (
    *(
        "/var/www",
        "/srv/www",
        "/srv/http",
        "/usr/share/nginx/html",
        "/usr/local/var/www",
        "/opt/homebrew/var/www",
    ),
    *("/Library/WebServer/Documents", "/usr/local/apache2/htdocs", "/opt/bitnami/apache/htdocs"),
)
# In home directories: Apache's mod_userdir, and what institutes call it.
_PERSONAL = frozenset(("public_html", "www-docs", "WWW", "Sites"))
_HOMES = frozenset(("home", "Users", "u", "homes"))


def served_directory(target: str, home: str = "") -> str:
    """The directory whose content a web server hands out, that a path lies in; empty where in none.

    Args:
        target: an absolute path.
        home: the home directory of the file's owner, where known.
    """
    for root in _ROOTS:
        if target.startswith(root + "/"):
            return root
    parts = PurePosixPath(target).parts
    for number, part in enumerate(parts[:-1]):
        if part == "public_html" and number > 1:
            return str(PurePosixPath(*parts[: number + 1]))
        at_home = str(PurePosixPath(*parts[:number])) == home if home else False
        if part in _PERSONAL and (at_home or (number == 3 and parts[1] in _HOMES)):
            return str(PurePosixPath(*parts[: number + 1]))
    return ""
