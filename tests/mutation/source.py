"""C++ as the mutations need it: tokens without comments and texts, and what of a file is code that runs.

It is no parser. It relies on the layout that clang-format gives the sources: blanks around a comparison, none inside
template brackets.
"""
import bisect
import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""
      (?P<blank>\s+|\\\n)
    | (?P<comment>//[^\n]*|/\*.*?\*/)
    | (?P<raw>(?:u8|[uUL])?R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)")
    | (?P<text>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*"\w*|(?:u8|[uUL])?'(?:\\.|[^'\\\n])+')
    | (?P<number>(?:0[xX][0-9a-fA-F']+|0[bB][01']+|(?:\d[\d']*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\w*)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<sign><=>|<<=|>>=|->\*|\.\.\.|::|->|\+\+|--|<<|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|/=|%=|&=|\|=|\^=|.)
    """,
    re.VERBOSE | re.DOTALL)
OPENING = {"(": ")", "[": "]", "{": "}"}
CLOSING = set(OPENING.values())


@dataclass
class Token:
    kind: str  # number, word, sign, text
    text: str
    begin: int
    end: int
    depth: int = 0  # brackets around it
    match: int = -1  # of a bracket: the index of its other half
    scope: str = "file"  # file, type, data (what initialises a constant), code


@dataclass
class Source:
    path: str
    text: str
    tokens: list = field(default_factory=list)
    bodies: list = field(default_factory=list)  # [(index of {, index of })] of the functions

    def __post_init__(self):
        self.lines = [0] + [m.end() for m in re.finditer("\n", self.text)]
        self._tokenise()
        self._pair()
        self._find_scopes()

    def line_of(self, offset):
        return bisect.bisect_right(self.lines, offset)

    def between(self, first, last):
        """The text from one token to another, both included."""
        return self.text[self.tokens[first].begin:self.tokens[last].end]

    def _tokenise(self):
        text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), self.text,
                      flags=re.MULTILINE)
        for match in TOKEN.finditer(text):
            kind = match.lastgroup if match.lastgroup != "mark" else "raw"
            if kind in ("blank", "comment"):
                continue
            self.tokens.append(Token("text" if kind == "raw" else kind, match.group(), match.start(), match.end()))

    def _pair(self):
        open_ones = []
        for index, token in enumerate(self.tokens):
            if token.kind == "sign" and token.text in CLOSING and open_ones:
                token.match = open_ones.pop()
                self.tokens[token.match].match = index
            token.depth = len(open_ones)
            if token.kind == "sign" and token.text in OPENING:
                open_ones.append(index)

    def _find_scopes(self):
        """Walks the file's declarations, and marks what is inside functions and what initialises constants."""
        self._declarations(0, len(self.tokens), "file")

    def _declarations(self, index, end, scope):
        head = index
        while index < end:
            token = self.tokens[index]
            if token.kind == "sign" and token.text == ";":
                self._mark_data(head, index)
                head = index + 1
            elif token.kind == "sign" and token.text in OPENING and token.match > 0:
                if token.text == "{":
                    kind = self._kind_of_block(head, index)
                    if kind in ("namespace", "type"):
                        self._declarations(index + 1, token.match, "file" if kind == "namespace" else "type")
                    elif kind == "code":
                        self._mark(index, token.match, "code")
                        self.bodies.append((index, token.match))
                    index = token.match
                    if kind in ("namespace", "code"):
                        head = index + 1
                else:
                    index = token.match
            elif scope == "type" and token.text == ":" and index > head and \
                    self.tokens[index - 1].text in ("public", "private", "protected"):
                head = index + 1
            index += 1

    def _kind_of_block(self, head, brace):
        words = [self.tokens[i] for i in range(head, brace)]
        texts = [t.text for t in words]
        top = [t.text for t in words if t.depth == (words[0].depth if words else 0)]
        if "namespace" in texts or texts[:2] == ["extern", '"C"']:
            return "namespace"
        if "enum" in top:
            return "enum"
        if {"class", "struct", "union"} & set(top) and "(" not in top:
            return "type"
        if "=" in top and "operator" not in top:
            return "data"
        if "(" not in top:
            return "data"
        before = texts[-1] if texts else ""
        if before in (")", "const", "noexcept", "override", "final", "try", "}"):
            return "code"
        if "->" in top:  # a return type after the parameters
            return "code"
        return "data"  # a member's value in front of a constructor's body

    def _mark(self, first, last, scope):
        for token in self.tokens[first:last + 1]:
            token.scope = scope

    def _mark_data(self, first, last):
        """`constexpr int x = 3;` outside of functions: what comes after the name."""
        texts = [t.text for t in self.tokens[first:last]]
        if not texts or texts[0] in ("using", "typedef", "static_assert", "template", "friend", "enum", "class",
                                     "struct", "union"):
            return
        if "constexpr" not in texts and "const" not in texts:
            return
        depth = self.tokens[first].depth
        for index in range(first, last):
            token = self.tokens[index]
            if token.depth == depth and token.text in ("=", "{"):
                self._mark(index, last - 1, "data")
                return
