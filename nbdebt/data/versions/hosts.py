"""Web addresses of hosts whose addresses say whether the content can change: code hosts, archives, hubs."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

from nbdebt.data.versions.answer import Versioned
from nbdebt.data.versions.references import by_reference

_GITHUB = r"(?:www\.)?github\.com$"
_RAW = r"raw\.githubusercontent\.com$"
_REPO = r"/[^/]+/[^/]+/"
_REFS = r"refs/(?P<kind>heads|tags)/(?P<ref>[^/]+)"
_ZIPPED = r"\.(?:zip|tar\.gz)$"
_ANY = r".*"
# One row a form of address: who says it, the host, the path, as the hosts' documentation on permanent links
# has it.
# ``ref`` in a path is a commit, tag or branch; ``fixed`` the number of something that never changes,
# ``tag`` that of
# a release.
_FORMS = (
    ("github", _RAW, rf"{_REPO}{_REFS}/"),
    ("github", _RAW, rf"{_REPO}(?P<ref>[^/]+)/"),
    ("github", r"media\.githubusercontent\.com$", rf"/media{_REPO}(?P<ref>[^/]+)/"),
    ("github", _GITHUB, rf"{_REPO}(?:raw|blob)/{_REFS}/"),
    ("github", _GITHUB, rf"{_REPO}(?:raw|blob)/(?P<ref>[^/]+)/"),
    ("github", _GITHUB, rf"{_REPO}archive/refs/(?P<kind>heads|tags)/(?P<ref>.+?){_ZIPPED}"),
    ("github", _GITHUB, rf"{_REPO}archive/(?P<ref>.+?){_ZIPPED}"),
    ("github", _GITHUB, rf"{_REPO}releases/(?P<ref>latest)/download/"),
    ("github", _GITHUB, rf"{_REPO}releases/download/(?P<tag>[^/]+)/"),
    ("gist", r"gist\.githubusercontent\.com$", rf"{_REPO}raw/(?P<ref>[0-9a-f]{{40}})/"),
    ("gist", r"gist\.githubusercontent\.com$", rf"{_REPO}raw(?P<ref>)(?:/|$)"),
    ("jsdelivr", r"cdn\.jsdelivr\.net$", r"/gh/[^/]+/[^/@]+(?:@(?P<ref>[^/]+))?/"),
    ("gitlab", _ANY, r"/.+/-/(?:raw|archive)/(?P<ref>[^/]+)/"),
    ("bitbucket", r"bitbucket\.org$", rf"{_REPO}raw/(?P<ref>[^/]+)/"),
    ("gitea", _ANY, rf"{_REPO}raw/commit/(?P<ref>[0-9a-f]{{40}})/"),
    ("gitea", _ANY, rf"{_REPO}raw/(?P<kind>branch|tag)/(?P<ref>[^/]+)/"),
    ("hf", r"(?:www\.)?huggingface\.co$", r"/.+?/(?:resolve|raw|blob)/(?P<ref>[^/]+)/"),
    ("zenodo", r"(?:www\.)?zenodo\.org$", r"/(?:api/)?records?/(?P<fixed>\d+)/files/"),
    ("zenodo", r"(?:www\.)?zenodo\.org$", r"/(?:api/)?files/(?P<fixed>[0-9a-f-]{36})/"),
    (
        "figshare",
        r"(?:www\.|api\.)?figshare\.com$",
        r"/(?:v2/)?(?:file/download|ndownloader/files)/(?P<fixed>\d+)",
    ),
    ("figshare", r"ndownloader\.figshare\.com$", r"/files/(?P<fixed>\d+)"),
    ("dataverse", _ANY, r"/api/access/datafile/(?P<fixed>(?::persistentId|\d+))"),
    ("dryad", r"(?:www\.)?datadryad\.org$", r"/.*file_stream/(?P<fixed>\d+)"),
    ("openml", r"(?:www\.|data\.|api\.)?openml\.org$", r"/data/(?:v1/)?(?:download|get_csv)/(?P<fixed>\d+)"),
    ("doi", r"(?:dx\.)?doi\.org$", r"/(?P<fixed>10\.\d+/.+)"),
    (
        "software heritage",
        r"archive\.softwareheritage\.org$",
        r"/.*(?P<fixed>(?:sha1_git|swh:1:cnt):[0-9a-f]{40})",
    ),
    ("web archive", r"web\.archive\.org$", r"/web/(?P<fixed>\d{14})"),
)
_STORES = re.compile(r"(?:^|\.)(?:amazonaws\.com|storage\.googleapis\.com|blob\.core\.windows\.net)$")
_VERSION_KEYS = ("versionid", "generation", "snapshot")


def judge(url: str, rest: str = "") -> Versioned:
    """Whether a web address names one content.

    Args:
        url: http, https or ftp; parts in braces are computed.
        rest: the same without its scheme.

    Raises:
        ValueError: it is no address.
    """
    split = urlsplit(url)
    host = (split.hostname or "").lower()
    by = split.scheme.lower()
    if not host or "{" in split.netloc:
        return Versioned("unknown", by, reason="its host is computed")
    query = {key.lower(): values[0] for key, values in parse_qs(split.query).items()}
    if _STORES.search(host):
        version = next((query[key] for key in _VERSION_KEYS if query.get(key)), "")
        if version:
            return Versioned("versioned", by, version)
    if host.endswith("osf.io") and query.get("version", "").isdigit():
        return Versioned("versioned", "osf", query["version"])
    # ``re`` keeps what it has compiled: only the forms of hosts that are met are.
    for name, host_pattern, path_pattern in _FORMS:
        found = re.match(path_pattern, split.path) if re.match(host_pattern, host) else None
        if found is None:
            continue
        groups = found.groupdict()
        if groups.get("fixed"):
            return Versioned("versioned", name, groups["fixed"])
        if groups.get("tag"):
            return Versioned(
                "unknown",
                name,
                reason=f"belongs to the release `{groups['tag']}`, whose files can be replaced",
            )
        reference = unquote(groups.get("ref") or "")
        if groups.get("kind") in ("tags", "tag"):
            return Versioned("unknown", name, reason=f"`{reference}` is a tag, which can be moved")
        if groups.get("kind") in ("heads", "branch"):
            return Versioned("unversioned", name, reason=f"follows the branch `{reference}`")
        return by_reference(reference, name)
    return Versioned("unversioned", by, reason="can be changed by its owner")
