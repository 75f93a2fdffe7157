#!/usr/bin/env python3
"""Trims Amazon's OpenAPI files to what adsync needs, and says what adsync knows of each list's rows.

usage: scripts/specification.py FOLDER [--check]

FOLDER holds the files as Amazon offers them for download (names in SOURCES below; PyYAML is needed for those in YAML).
Written are tests/spec/*.json, which tests/specification.rs validates every request and answer with, and
src/domain/entity/known/*.txt, by which a sync tells what it has never seen before. --check writes nothing and fails when
one of them would change.

What is kept: methods, paths, parameters, request bodies, statuses, media types, headers and schemas, in the vocabulary of
JSON Schema. What is changed: allOf is merged; an object takes no member that it does not name; nullable becomes a type;
oneOf becomes anyOf, for the alternatives of the specification overlap; limits of a list that stand at its items, where they
mean nothing, move to the list.
"""

import json
import sys
from pathlib import Path

LISTS = {
    "portfolios": ("Portfolios_prod_3p.json", ["POST /portfolios/list"]),
    "sp": (
        "SponsoredProducts_prod_3p.json",
        [
            f"POST /sp/{name}/list"
            for name in (
                "campaigns adGroups productAds keywords negativeKeywords campaignNegativeKeywords targets"
                " negativeTargets campaignNegativeTargets"
            ).split()
        ],
    ),
    "sb4": ("SponsoredBrands_4-0_openapi.json", [f"POST /sb/v4/{name}/list" for name in ("campaigns", "adGroups", "ads")]),
    "sb3": (
        "SponsoredBrands_3-0_openapi.json",
        ["GET /sb/keywords", "GET /sb/negativeKeywords"]
        + [f"POST /sb/{name}/list" for name in ("targets", "negativeTargets", "themes")],
    ),
    "sd": (
        "SponsoredDisplay_3-0_openapi.yaml",
        [
            f"GET /sd/{name}{form}"
            for name in ("campaigns", "adGroups", "productAds", "targets", "negativeTargets")
            for form in ("", "/extended")
        ],
    ),
    "profiles": ("Profiles_3-0_openapi.yaml", ["GET /v2/profiles"]),
}
SOURCES = {source for source, _ in LISTS.values()}

# What is known of rows beyond these files: what Amazon's own samples and recorded answers show, and what a newer
# specification of Sponsored Brands v4 adds. By path of the list, then member and its values ("" for no fixed ones).
BEYOND = {
    "/sb/v4/campaigns/list": {
        "bidding.bidOptimizationStrategy": "",
        "kpi": "",
        "state": "PROPOSED",
    },
    "/sb/v4/adGroups/list": {"state": "PROPOSED"},
    "/sb/v4/ads/list": {
        "state": "PROPOSED",
        "creative.asinExclusions": "",
        "creative.asinExclusions[]": "",
        "creative.collectionName": "",
        "creative.collectionType": "BUNDLE|THEMED",
        "creative.companionAsins": "",
        "creative.companionAsins[]": "",
        "creative.creativePropertiesToOptimize[]": "ADVERTISED_PRODUCT|CUSTOM_IMAGE",
        "creative.headlines": "",
        "creative.headlines[]": "",
        "creative.originalHeadlines": "",
        "creative.originalHeadlines[]": "",
        "creative.title": "",
        "creative.type": "AUTO_COLLECTION|MANUAL_COLLECTION",
        "extendedData.servingStatus": "AD_CREATOR_CONTENT_LICENSE_EXPIRED",
    },
    # Seen in recordings of old campaigns.
    "/sd/campaigns": {"tactic": "remarketing"},
    "/sd/adGroups": {"tactic": "remarketing"},
}

# Where the specification contradicts itself, and rows come in both forms: the member's own schema names one
# expression, the schema beside it a list of them.
BOTH_FORMS = {"/sb/negativeTargets/list": ["expressions", "resolvedExpressions"], "/sb/targets/list": ["expressions", "resolvedExpressions"]}

KEPT = "type enum minItems maxItems minimum maximum minLength maxLength pattern".split()
INT32 = 2**31


def load(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    import yaml

    # Dates stay the text that they are.
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.yaml_implicit_resolvers = {
        first: [(tag, regex) for tag, regex in found if tag != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return yaml.load(text, Loader=loader)


class Trimmer:
    """One specification on its way to its essence."""

    def __init__(self, document):
        self.document = document
        self.defs = {}

    def resolve(self, node):
        while "$ref" in node:
            found = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node

    def schema(self, node):
        """The schema in the vocabulary of JSON Schema; named ones become definitions."""
        if "$ref" in node:
            name = node["$ref"].rsplit("/", 1)[1]
            if name not in self.defs:
                self.defs[name] = {}
                self.defs[name] = self.schema(self.resolve(node))
            return {"$ref": f"#/$defs/{name}"}
        if "allOf" in node:
            node = self.merged(node)
        out = {key: node[key] for key in KEPT if key in node}
        if "properties" in node:
            out["type"] = "object"
            out["properties"] = {name: self.schema(member) for name, member in sorted(node["properties"].items())}
            if node.get("required"):
                out["required"] = sorted(node["required"])
            out["additionalProperties"] = False
        elif isinstance(node.get("additionalProperties"), dict):
            out["type"] = "object"
            out["additionalProperties"] = self.schema(node["additionalProperties"])
        if "items" in node:
            out["type"] = "array"
            items = self.resolve(node["items"])
            out["items"] = self.schema(node["items"])
            if items.get("type") != "array" and "items" not in items:
                for limit in ("minItems", "maxItems"):
                    if limit in items:
                        out.setdefault(limit, items[limit])
                        out["items"].pop(limit, None)
        for some in ("anyOf", "oneOf"):
            if some in node:
                out["anyOf"] = [self.schema(one) for one in node[some]]
        if node.get("format") == "int32":
            out.setdefault("minimum", -INT32)
            out.setdefault("maximum", INT32 - 1)
        if node.get("format") in ("date", "date-time"):
            out["format"] = node["format"]
        if node.get("nullable"):
            if "type" in out:
                out["type"] = [out["type"], "null"]
            if "enum" in out:
                out["enum"] = out["enum"] + [None]
        return out

    def merged(self, node):
        """An object of all members of its parts."""
        whole = {key: value for key, value in node.items() if key != "allOf"}
        whole["properties"] = dict(whole.get("properties", {}))
        whole["required"] = list(whole.get("required", []))
        for part in node["allOf"]:
            part = self.resolve(part)
            if "allOf" in part:
                part = self.merged(part)
            whole["properties"].update(part.get("properties", {}))
            whole["required"] += part.get("required", [])
            for key, value in part.items():
                if key not in ("properties", "required"):
                    whole.setdefault(key, value)
        return whole

    def content(self, node):
        return {media: self.schema(body.get("schema", {})) for media, body in sorted(node.get("content", {}).items())}

    def operation(self, node):
        out = {}
        parameters = [self.resolve(parameter) for parameter in node.get("parameters", [])]
        out["parameters"] = [
            {
                "in": parameter["in"],
                "name": parameter["name"],
                "required": bool(parameter.get("required")),
                "schema": self.schema(parameter.get("schema", {})),
            }
            for parameter in parameters
        ]
        if "requestBody" in node:
            out["request"] = self.content(self.resolve(node["requestBody"]))
        responses = {}
        for status, response in sorted(node["responses"].items(), key=lambda item: str(item[0])):
            response = self.resolve(response)
            kept = {"content": self.content(response)}
            if response.get("headers"):
                kept["headers"] = {
                    name: self.schema(self.resolve(header).get("schema", {}))
                    for name, header in sorted(response["headers"].items())
                }
            responses[str(status)] = kept
        out["responses"] = responses
        return out


def trimmed(document, wanted):
    trimmer = Trimmer(document)
    operations = {}
    for operation in wanted:
        method, path = operation.split(" ")
        operations[operation] = trimmer.operation(document["paths"][path][method.lower()])
    return {"operations": operations, "$defs": dict(sorted(trimmer.defs.items()))}


def row_schema(spec, operation):
    """The schemas of a list's rows, one for each media type."""
    for schema in spec["operations"][operation]["responses"]["200"]["content"].values():
        body = follow(spec, schema)
        if body.get("type") == "array":
            yield body["items"]
            continue
        arrays = [follow(spec, member) for member in body["properties"].values()]
        (array,) = [member for member in arrays if "array" in types(member)]
        yield array["items"]


def follow(spec, schema):
    while "$ref" in schema:
        schema = spec["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def types(schema):
    found = schema.get("type", [])
    return found if isinstance(found, list) else [found]


def members(spec, schema, path, into):
    """Adds every path below a schema, with its values where it has fixed ones."""
    schema = follow(spec, schema)
    values = into.setdefault(path, set()) if path else set()
    values.update(str(value) for value in schema.get("enum", []) if value is not None)
    for one in schema.get("anyOf", []):
        members(spec, one, path, into)
    if "items" in schema:
        members(spec, schema["items"], f"{path}[]", into)
    for name, member in schema.get("properties", {}).items():
        members(spec, member, f"{path}.{name}" if path else name, into)
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        members(spec, extra, f"{path}.*", into)
    elif "object" in types(schema) and "properties" not in schema:
        into.setdefault(f"{path}.*", set())


def known(specs):
    """By file name: what is known of a list's rows, plain and extended."""
    found = {}
    for spec, (_, operations) in ((specs[name], LISTS[name]) for name in LISTS if name != "profiles"):
        for operation in operations:
            path = operation.split(" ")[1]
            base = path.removesuffix("/extended")
            into = found.setdefault(base, {})
            for schema in row_schema(spec, operation):
                members(spec, schema, "", into)
    for path, beyond in BEYOND.items():
        for member, values in beyond.items():
            found[path].setdefault(member, set()).update(value for value in values.split("|") if value)
    for path, names in BOTH_FORMS.items():
        for name in names:
            one_form(found[path], name)
    return {file_name(path): (path, members) for path, members in found.items()}


def one_form(into, name):
    """Rows have the member as an object or as a list of them: both are known."""
    below = {}
    for path, values in into.items():
        if path.startswith((f"{name}.", f"{name}[")):
            below.setdefault(path.removeprefix(name).replace("[]", "", path.removeprefix(name).startswith("[]")), set()).update(values)
    for form in ("", "[]", "[][]"):
        into.setdefault(f"{name}{form}", set())
        for path, values in below.items():
            if path.startswith("."):
                into.setdefault(f"{name}{form}{path}", set()).update(values)


def file_name(path):
    steps = [step for step in path.strip("/").split("/") if step not in ("list", "v4")]
    name = "".join("_" + letter.lower() if letter.isupper() else letter for letter in "_".join(steps))
    return f"{name}.txt"


def known_text(path, members):
    lines = [f"# What is known of the rows of {path}. Written by scripts/specification.py."]
    for member, values in sorted(members.items()):
        lines.append(f"{member}: {'|'.join(sorted(values))}" if values else member)
    return "\n".join(lines) + "\n"


def spec_text(spec):
    """JSON with one operation or definition a line, for those who compare versions."""
    parts = []
    for part in ("operations", "$defs"):
        lines = [f"{json.dumps(name)}:{json.dumps(spec[part][name], separators=(',', ':'), sort_keys=True)}" for name in sorted(spec[part])]
        parts.append(f'"{part}":{{\n' + ",\n".join(lines) + "\n}")
    return "{" + ",\n".join(parts) + "}\n"


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    if len(arguments) != 1:
        sys.exit(__doc__.strip())
    folder = Path(arguments[0])
    root = Path(__file__).resolve().parent.parent
    specs = {name: trimmed(load(folder / source), wanted) for name, (source, wanted) in LISTS.items()}
    written = {
        root / "tests/spec" / f"{name}.json": spec_text(spec)
        for name, spec in specs.items()
    }
    for name, (path, rows) in known(specs).items():
        written[root / "src/domain/entity/known" / name] = known_text(path, rows)
    stale = [path for path, text in written.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(root)} is not what the specification gives", file=sys.stderr)
        sys.exit(1 if stale else 0)
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written[path], encoding="utf-8")
    print(f"{len(written)} files, {len(stale)} of them written anew")


if __name__ == "__main__":
    main()
