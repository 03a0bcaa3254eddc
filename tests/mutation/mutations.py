"""The small changes that are made to a source, one at a time."""
import hashlib
import re
from dataclasses import dataclass

FLIPPED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
ENDS_OPERAND = {",", ";", "?", ":", "&&", "||", "=", "return", "{", "}", "(", ")", "[", "]", "+=", "-=", "|=", "&="}
NO_EXPRESSION = {
    "alignas", "auto", "case", "catch", "class", "const", "constexpr", "default", "do", "else", "enum", "for", "goto",
    "if", "namespace", "return", "static", "static_assert", "struct", "switch", "template", "throw", "try", "typedef",
    "typename", "union", "using", "while"}
CONDITION_WITH_NAME = re.compile(r"^(?:const\s+)?[\w:<>]+(?:\s|[*&])+\w+\s*=[^=]")


@dataclass(frozen=True)
class Mutation:
    path: str
    line: int
    begin: int
    end: int
    replacement: str
    kind: str
    before: str  # the lines that it changes, blanks made one
    after: str
    number: int  # of those in this file that change the same text in the same way

    @property
    def key(self):
        """Stays the same when the code around it moves."""
        known = "\0".join((self.path, self.kind, self.before, self.after, str(self.number)))
        return hashlib.sha1(known.encode()).hexdigest()[:12]

    def apply(self, text):
        return text[:self.begin] + self.replacement + text[self.end:]


def one_line(text):
    return " ".join(re.sub(r"//[^\n]*", "", text).split())


class Finder:
    """All mutations of one source; `functions`: only in those whose text it is found in."""

    def __init__(self, source, functions=None):
        self.source = source
        self.tokens = source.tokens
        self.found = {}
        self.numbers = {}
        left_out = set()
        if functions:
            left_out = set(range(len(self.tokens)))
            for first, last in source.bodies:
                if re.search(functions, source.between(first, last)):
                    left_out.difference_update(range(first, last + 1))
        self.left_out = left_out | self._static_asserts()

    def _static_asserts(self):
        found = set()
        for index, token in enumerate(self.tokens):
            if token.text == "static_assert" and self._at(index + 1) == "(":
                found.update(range(index, self.tokens[index + 1].match + 1))
        return found

    def all(self):
        for index, token in enumerate(self.tokens):
            if index in self.left_out or token.scope not in ("code", "data"):
                continue
            if token.kind == "number":
                self._constant(index)
            if token.scope != "code":
                continue
            if token.text in FLIPPED and self._has_blanks(index):
                self._add(index, index, FLIPPED[token.text], "comparison flipped")
            elif token.text in ("true", "false"):
                self._add(index, index, "false" if token.text == "true" else "true", "constant")
            elif token.text in ("&&", "||") and self._has_blanks(index):
                self._operands(index)
            elif token.text == "!" and self._at(index + 1) != "=":
                self._add(index, index, "", "condition negated")
            elif token.text == "?":
                self._choice(index)
            elif token.text in ("if", "while"):
                self._condition(index)
            elif token.text == ";":
                self._statement(index)
        return sorted(self.found.values(), key=lambda m: (m.begin, m.end, m.replacement))

    def _at(self, index):
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def _has_blanks(self, index):
        """On both sides: `a < b`, and neither `vector<int>` nor `T&&`."""
        token, text = self.tokens[index], self.source.text
        return text[token.begin - 1].isspace() and text[token.end].isspace() and self._at(index - 1) not in (
            "template", "operator")

    def _add(self, first, last, replacement, kind):
        begin, end = self.tokens[first].begin, self.tokens[last].end
        text = self.source.text
        line_begin = text.rfind("\n", 0, begin) + 1
        line_end = text.find("\n", end)
        before = one_line(text[line_begin:line_end])
        after = one_line(text[line_begin:begin] + replacement + text[end:line_end])
        if before == after or (begin, end, replacement) in self.found:
            return
        number = self.numbers[kind, before, after] = self.numbers.get((kind, before, after), 0) + 1
        self.found[begin, end, replacement] = Mutation(
            self.source.path, self.source.line_of(begin), begin, end, replacement, kind, before, after, number)

    def _constant(self, index):
        text = self.tokens[index].text
        if self._is_template_argument(index):
            return
        match = re.match(r"^(0[xX][0-9a-fA-F']+|[\d']+(?:\.\d+)?)(\w*)$", text)
        if not match:
            return
        digits, suffix = match.group(1).replace("'", ""), match.group(2)
        value = float(digits) if "." in digits else int(digits, 0) if digits == "0" or digits[0] != "0" or \
            digits[:2] in ("0x", "0X") else int(digits, 8)
        for changed in dict.fromkeys((value + 1, value - 1, value * 2)):
            if changed >= 0 and changed != value:
                self._add(index, index, f"{changed}{suffix}", "constant")

    def _is_template_argument(self, index):
        """`array<T, 4>`"""
        depth, open_ones = self.tokens[index].depth, 0
        while index > 0 and self.tokens[index - 1].depth >= depth and self._at(index - 1) not in (";", "{", "}"):
            index -= 1
            if self.tokens[index].depth == depth and self._at(index) in "<>" and not self._has_blanks(index):
                open_ones += 1 if self._at(index) == "<" else -1
                if open_ones > 0:
                    return True
        return False

    def _operands(self, index):
        """`a && b`: `a`, and `b`."""
        depth = self.tokens[index].depth
        first = index
        while first > 0 and not self._ends_operand(first - 1, depth):
            first -= 1
        last = index
        while last + 1 < len(self.tokens) and not self._ends_operand(last + 1, depth):
            last += 1
        if first == index or last == index:
            return
        self._add(first, last, self.source.between(index + 1, last), "condition dropped")
        self._add(first, last, self.source.between(first, index - 1), "condition dropped")

    def _ends_operand(self, index, depth):
        token = self.tokens[index]
        return token.depth < depth or (token.depth == depth and token.text in ENDS_OPERAND and not (
            token.text in "([{)]}" and self._is_inside(index, depth)))

    def _is_inside(self, index, depth):
        """Whether a bracket belongs to an operand at this depth: a call, a subscript, a value in braces."""
        token = self.tokens[index]
        return token.match >= 0 and self.tokens[token.match].depth == depth

    def _choice(self, index):
        depth = self.tokens[index].depth
        first = index
        stops = ENDS_OPERAND - {"&&", "||"}
        while first > 0:
            token = self.tokens[first - 1]
            if token.depth < depth or (token.depth == depth and (token.text in stops or token.text == "<<") and not (
                    token.text in "([{)]}" and self._is_inside(first - 1, depth))):
                break
            first -= 1
        if first < index:
            self._add(first, index - 1, f"!({self.source.between(first, index - 1)})", "condition negated")

    def _condition(self, index):
        opening = index + 1
        if self._at(opening) == "constexpr":
            return
        if self._at(opening) != "(":
            return
        closing = self.tokens[opening].match
        first = opening + 1
        for inside in range(opening + 1, closing):
            if self._at(inside) == ";" and self.tokens[inside].depth == self.tokens[opening].depth + 1:
                first = inside + 1
        if first >= closing:
            return
        condition = self.source.between(first, closing - 1)
        if CONDITION_WITH_NAME.match(condition):
            return
        self._add(first, closing - 1, f"!({condition})", "condition negated")
        if self._at(index) == "if":
            self._add(first, closing - 1, f"true || ({condition})", "condition dropped")

    def _statement(self, index):
        """`call(x);` and `break;` are taken out. What declares a name or returns a value stays."""
        depth = self.tokens[index].depth
        first = index
        while first > 0:
            token = self.tokens[first - 1]
            if token.depth < depth:
                break
            if token.depth == depth and token.text in (";", "}", "else", "do"):
                if token.text != "}" or not self._is_value(first - 1):
                    break
            if token.depth == depth and token.text == ":" and self._is_label(first - 1):
                break
            if token.depth == depth and token.text == ")" and self._is_header(first - 1):
                break
            first -= 1
        if first == index or self._is_in_parentheses(index):
            return
        statement = self.source.between(first, index - 1)
        word = self._at(first)
        if statement not in ("return", "break", "continue") and (
                word in NO_EXPRESSION or self._is_declaration(first, index)):
            return
        self._add(first, index, ";", "statement deleted")

    def _is_declaration(self, first, end):
        """`Type name = …`, `Type<of> name{…}`, `Type name;`: a type, and behind it a name of its own."""
        index = first
        while index < end and (self.tokens[index].kind == "word" or self._at(index) == "::"):
            if self.tokens[index].kind == "word" and self.tokens[index + 1].kind == "word":
                return True
            index += 1
        if index == first:
            return False
        if self._at(index) == "<" and not self._has_blanks(index):
            open_ones = 0
            while index < end:
                open_ones += {"<": 1, ">": -1, ">>": -2}.get(self._at(index), 0)
                index += 1
                if open_ones <= 0:
                    break
            while index + 1 < end and self._at(index) == "::":
                index += 2
        while index < end and self._at(index) in ("*", "&", "&&"):
            if self.source.text[self.tokens[index].begin - 1].isspace():
                return False  # a product
            index += 1
        return index > first and index < end and self.tokens[index].kind == "word" and (
            index + 1 == end or self._at(index + 1) in ("=", "{", "(", "[", ","))

    def _is_in_parentheses(self, index):
        """`for (a; b; c)`"""
        depth = self.tokens[index].depth
        at = index
        while at >= 0 and not (self.tokens[at].depth == depth - 1 and self._at(at) in ("(", "{", "[")):
            at -= 1
        return self._at(at) == "("

    def _is_value(self, closing):
        """`T{1}` and not a block: what comes in front of the braces is a name, or they are inside of something."""
        before = self._at(self.tokens[closing].match - 1)
        return bool(re.match(r"^[\w>=,(]", before)) and before not in ("else", "do", "try", "const", "override")

    def _is_label(self, colon):
        at = colon - 1
        while at >= 0 and self._at(at) not in (";", "{", "}", "case", "default", "?"):
            at -= 1
        return self._at(at) in ("case", "default")

    def _is_header(self, closing):
        """The end of `if (…)`, `for (…)`, `while (…)`."""
        before = self.tokens[closing].match - 1
        return self._at(before) in ("if", "for", "while", "switch", "constexpr")


def mutations_of(source, functions=None):
    return Finder(source, functions).all()
