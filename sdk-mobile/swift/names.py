#!/usr/bin/env python3
"""Checks the Swift facade against the generated binding, for machines without a Swift compiler.

    names.py FACADE_FOLDER BINDING_FILE

Every call of the binding that the facade makes must have a function or initialiser of that name there, with the same argument
labels in the same order, and every error and enum case that it names must exist. Types are not checked: test.sh compiles.
"""

import pathlib
import re
import sys

# Receivers in the facade that are objects of the binding, and what the binding calls their class.
OBJECTS = {"native?": "HollowayClient", "native": "HollowayClient", "queue": "HostQueue"}
TYPES = ("HollowayConfig", "HollowayClient", "HostQueue", "HttpResponse", "HollowayBindings.EventOptions")


def closing(text: str, at: int) -> int:
    """Returns the position of the bracket that closes the one at `at`."""
    depth = 0
    for position in range(at, len(text)):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return position
    raise SystemExit(f"no bracket closes {text[at:at + 40]!r}")


def parts(text: str) -> list[str]:
    """Splits arguments at the commas that are in no brackets."""
    found, depth, begin = [], 0, 0
    for position, char in enumerate(text):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(char, 0)
        if char == "," and depth == 0:
            found.append(text[begin:position])
            begin = position + 1
    return [part.strip() for part in [*found, text[begin:]] if part.strip()]


def labels(arguments: str) -> list[str]:
    """Returns the labels of a call's arguments, `_` where there is none."""
    found = [re.match(r"(\w+)\s*:", part) for part in parts(arguments)]
    return [match.group(1) if match else "_" for match in found]


def uncommented(text: str) -> str:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


class Binding:
    def __init__(self, text: str) -> None:
        self.text = uncommented(text)
        self.cases = set(re.findall(r"\bcase (\w+)", self.text))

    def signatures(self, owner: str, name: str) -> list[list[tuple[str, bool]]]:
        """Returns label and whether it may be left out, for each argument of each function of that name in that type."""
        found = []
        for match in re.finditer(rf"(?:class|struct) {owner}\b[^{{]*{{", self.text):
            body = self.text[match.end() - 1:closing(self.text, match.end() - 1)]
            keyword = r"\binit" if name == "init" else rf"\bfunc {name}"
            for function in re.finditer(rf"{keyword}\s*\(", body):
                arguments = body[function.end():closing(body, function.end() - 1)]
                found.append([(part.split(":")[0].strip(), "=" in part) for part in parts(arguments)])
        return found


def fits(given: list[str], signature: list[tuple[str, bool]]) -> bool:
    rest = list(given)
    for label, optional in signature:
        if rest and rest[0] == label:
            rest.pop(0)
        elif not optional:
            return False
    return not rest


def main() -> int:
    facade_folder, binding_file = map(pathlib.Path, sys.argv[1:])
    binding = Binding(binding_file.read_text())
    calls, wrong = 0, []
    for file in sorted(facade_folder.glob("*.swift")):
        text = uncommented(file.read_text())
        wanted = []
        for match in re.finditer(r"\b(native\??|queue)\.(\w+)\(", text):
            wanted.append((OBJECTS[match.group(1)], match.group(2), match.end()))
        for name in TYPES:
            for match in re.finditer(rf"(?<![\w.]){re.escape(name)}\(", text):
                wanted.append((name.rpartition(".")[2], "init", match.end()))
        for owner, name, begin in wanted:
            given = labels(text[begin:closing(text, begin - 1)])
            calls += 1
            if not any(fits(given, signature) for signature in binding.signatures(owner, name)):
                wrong.append(f"{file.name}: {owner}.{name}({', '.join(given)}) is not in the binding")
        if file.name == "HollowayError.swift":
            for case in re.findall(r"case \.([A-Z]\w+)\(", text):
                calls += 1
                if case not in binding.cases:
                    wrong.append(f"{file.name}: the error {case} is not in the binding")
    errors = re.search(r"enum HollowayError\b[^{]*{", binding.text)
    body = binding.text[errors.end():closing(binding.text, errors.end() - 1)]
    translated = (facade_folder / "HollowayError.swift").read_text()
    for case in re.findall(r"\bcase ([A-Z]\w+)\(", body):
        if f"case .{case}(" not in translated:
            wrong.append(f"HollowayError.swift: the binding's error {case} is not translated")
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    print(f"swift: {calls} names of the facade looked up in the binding, {len(wrong)} missing")
    return 1 if wrong or calls < 40 else 0


if __name__ == "__main__":
    sys.exit(main())
