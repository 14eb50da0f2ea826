"""The languages of code blocks: the patterns of their comments, strings and names, and their words.

The patterns are matched against escaped HTML. None of them goes back over what it has read: repetitions are possessive,
a comment or string without an end extends to the end of its line or of the text, and what a pattern looks for has a
bounded length. So highlighting takes time in proportion to the length of the code, whatever that contains.

The classes are those of Pygments: c comment, k keyword, s string, m number, no constant, nf function, nc type,
nb builtin, nv variable, na attribute, nt tag, nd decorator, cp preprocessor, gh heading, gu subheading, gi inserted,
gd deleted, gp prompt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

Patterns = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Language:
    """A language: its tokens, in the order in which they are looked for, and the classes of its words.

    ``has_types`` is True if a name with a capital letter is a type. ``sections`` maps the names of elements to the
    languages of what they contain.
    """

    tokens: Patterns = ()
    words: Mapping[str, str] = field(default_factory=dict)
    has_types: bool = False
    ignores_case: bool = False
    sections: Mapping[str, str] = field(default_factory=dict)

    def pattern(self) -> re.Pattern[str]:
        parts = [f"(?P<t{number}_{name}>{regex})" for number, (name, regex) in enumerate((*self.tokens, *_COMMON))]
        return re.compile("|".join(parts), re.MULTILINE)


def _words(**words: str) -> dict[str, str]:
    return {word: name for name, text in words.items() for word in text.split()}


_COMMON: Patterns = (
    ("m", r"(?<![\w.])(?:0[xXbBoO][\da-fA-F_]++|\d[\d_]*+(?:\.\d[\d_]*+)?+(?:[eE][+-]?+\d++)?+)\w*+"),
    ("", r"&lt;|(?:&(?!lt;)\w++;)++"),
    ("word", r"[^\W\d][\w]*+(?P<call>(?=\())?+"),
)
_HASH = ("c", r"#[^\n]*+")
_SLASHES = ("c", r"//[^\n]*+")
_BLOCK = ("c", r"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?+")
_DASHES = ("c", r"--[^\n]*+")
_PERCENT = ("c", r"(?<!\\)%[^\n]*+")
_SEMICOLON = ("c", r";[^\n]*+")
_MARKUP_COMMENT = ("c", r"&lt;!--[^-]*+(?:-(?!-&gt;)[^-]*+)*+(?:--&gt;)?+")
_DOUBLE = ("s", r'"[^"\\\n]*+(?:\\[\s\S]?+[^"\\\n]*+)*+"?+')
_SINGLE = ("s", r"'[^'\\\n]*+(?:\\[\s\S]?+[^'\\\n]*+)*+'?+")
_CHARACTER = ("s", r"'(?:\\[^\n]{1,10}?|&\w{2,4};|[^'\\\n])'")
_BACKTICKS = ("s", r"`[^`\\]*+(?:\\[\s\S]?+[^`\\]*+)*+`?+")
_LONG_DOUBLE = ("s", r'"[^"\\]*+(?:\\[\s\S]?+[^"\\]*+)*+"?+')
"""A string in double quotes that may have several lines."""
_RAW_SINGLE = ("s", r"'[^']*+'?+")
_PLAIN_SINGLE = ("s", r"'[^'\n]*+'?+")
_SYMBOL = ("no", r"(?<![\w:]):[A-Za-z_]\w*+[?!]?+")
_LABEL = ("na", r"[A-Za-z_]\w*+:(?![:\w])")
_OPTION = ("na", r"(?<=\s)--?+[A-Za-z][\w-]*+")
_QUOTED_NAME = ("nv", r"`[^`\n]*+`?+")
_TRIPLE = (
    ("s", r'[rbfuRBFU]{0,2}+"""[^"\\]*+(?:(?:\\[\s\S]?+|"(?!""))[^"\\]*+)*+(?:""")?+'),
    ("s", r"[rbfuRBFU]{0,2}+'''[^'\\]*+(?:(?:\\[\s\S]?+|'(?!''))[^'\\]*+)*+(?:''')?+"),
)
_PREFIXED = tuple(("s", rf"\b[rbfuRBFU]{{1,2}}+(?=[\"'])(?:{regex})") for _, regex in (_DOUBLE, _SINGLE))
_PREPROCESSOR = ("cp", r"^[ \t]*+#[ \t]*+[a-z]++[^\n]*+")
_DECORATOR = ("nd", r"(?<![\w.])@[\w.]++")
_DOLLAR = ("nv", r"\$\{?+[\w:@#?!*-]++\}?+")
_REGEX = ("s", r"(?:(?<=[=(,:!?|&;])|(?<=[=(,:!?|&;] ))/(?![*/\s])(?:[^/\\\n]|\\[^\n]){1,100}+/[a-z]*+")
_PATH = ("", r"\w*+[./~-][\w./~-]*+")
"""A path, an option or a name with hyphens, in which words mean nothing."""
_PROMPT = ("gp", r"^(?:\$|%|&gt;&gt;&gt;|\.\.\.|PS&gt;|C:\\&gt;)(?= )")

_C_WORDS = (
    "auto break case const continue default do else enum extern for goto if inline register return sizeof static "
    "struct "
    "switch typedef union volatile while"
)
_C_TYPES = (
    "bool char double float int long short signed unsigned void size_t ssize_t int8_t int16_t int32_t int64_t uint8_t "
    "uint16_t uint32_t uint64_t"
)
_JAVA_WORDS = (
    "abstract assert break case catch class const continue default do else enum extends final finally for if "
    "implements "
    "import instanceof interface native new package private protected public record return static super switch "
    "synchronized this throw throws transient try var volatile while yield"
)
_JS_WORDS = (
    "as async await break case catch class const continue debugger default delete do else export extends finally for "
    "from "
    "function get if import in instanceof let new of return set static super switch this throw try typeof var void "
    "while "
    "with yield"
)
_TRUTH = "true false null"


def _c_like(*, words: Mapping[str, str], tokens: Patterns = (), strings: Patterns = (_DOUBLE, _SINGLE)) -> Language:
    return Language((_SLASHES, _BLOCK, *tokens, *strings), words, has_types=True)


_JS = _words(
    k=_JS_WORDS,
    no=f"{_TRUTH} undefined NaN Infinity",
    nb="Array Boolean Date Error JSON Map Math Number Object Promise RegExp Set String Symbol console document window "
    "globalThis process require module exports",
)
_TS = _JS | _words(
    k="abstract declare enum implements infer interface is keyof namespace private protected public readonly satisfies "
    "type",
    nb="any boolean never number object string unknown",
)
_SQL = _words(
    k="add all alter analyze and any as asc begin between by cascade case check column commit conflict constraint "
    "create "
    "cross cube database default delete desc distinct do drop each else end escape except exists explain fetch filter "
    "first following for foreign from full function grant group having if ilike in index inner insert intersect into "
    "is "
    "join key language last lateral left like limit natural not nothing nulls of offset on or order outer over "
    "partition "
    "preceding primary procedure range recursive references rename replace returning returns revoke right rollback "
    "rollup row rows schema select set some table temp temporary then to transaction trigger truncate unbounded union "
    "unique update using values view when where window with",
    nb="bigint bit blob boolean bytea char character cidr date datetime decimal double float inet int integer interval "
    "json jsonb money nchar numeric nvarchar real serial smallint text time timestamp timestamptz uuid varchar varying "
    "xml",
    no=f"{_TRUTH} unknown current_date current_time current_timestamp",
)
_SHELL = _words(
    k="case coproc do done elif else esac fi for function if in select then time until while",
    nb="alias apt bg brew cat cd chmod chown command cp curl declare docker echo eval exec exit export find git grep "
    "head kill kubectl let ln local ls make mkdir mv npm npx pip pip3 printf ps pwd python python3 read readonly "
    "return "
    "rm sed set shift sleep sort source ssh sudo tail tar test touch trap type uniq unset wget which xargs yarn",
    no="true false",
)
_PYTHON = _words(
    k="and as assert async await break class continue def del elif else except finally for from global if import in is "
    "lambda match nonlocal not or pass raise return try while with yield",
    no="True False None NotImplemented Ellipsis",
    nb="abs all any ascii bin bool bytes bytearray callable chr classmethod cls complex dict dir divmod enumerate eval "
    "exec filter float format frozenset getattr globals hasattr hash hex id input int isinstance issubclass iter len "
    "list locals map max memoryview min next object oct open ord pow print property range repr reversed round self set "
    "setattr slice sorted staticmethod str sum super tuple type vars zip",
)
_MARKUP = Language(
    (
        _MARKUP_COMMENT,
        ("cp", r"&lt;[!?][^&\n]*+"),
        ("nt", r"&lt;/?+[A-Za-z][\w:.-]*+"),
        ("na", r"(?<=\s)[\w:@.#-]++(?==)"),
        ("s", r"(?<==)(?:\"[^\"]*+\"?+|'[^']*+'?+)"),
        ("", r"[^\s&\"'=]++"),
    ),
    sections={"script": "javascript", "style": "css"},
)

LANGUAGES: dict[str, Language] = {
    "python": Language(
        (
            ("gp", r"^(?:&gt;&gt;&gt;|\.\.\.)(?= )"),
            _HASH,
            *_TRIPLE,
            *_PREFIXED,
            _DOUBLE,
            _SINGLE,
            _DECORATOR,
        ),
        _PYTHON,
        has_types=True,
    ),
    "javascript": _c_like(words=_JS, tokens=(_REGEX, _DECORATOR), strings=(_DOUBLE, _SINGLE, _BACKTICKS)),
    "typescript": _c_like(words=_TS, tokens=(_REGEX, _DECORATOR), strings=(_DOUBLE, _SINGLE, _BACKTICKS)),
    "java": _c_like(
        words=_words(k=_JAVA_WORDS, nb="boolean byte char double float int long short void", no=_TRUTH),
        tokens=(_DECORATOR, _TRIPLE[0]),
    ),
    "kotlin": _c_like(
        words=_words(
            k=f"{_JAVA_WORDS} as by companion constructor data fun in infix init inline internal is it lateinit object "
            "open operator out override reified sealed suspend tailrec typealias val vararg when where",
            no=_TRUTH,
        ),
        tokens=(_DECORATOR, _TRIPLE[0]),
    ),
    "scala": _c_like(
        words=_words(
            k=f"{_JAVA_WORDS} def given implicit lazy match object override sealed then trait type using val with",
            no=f"{_TRUTH} None Nil",
        ),
        tokens=(_DECORATOR, _TRIPLE[0]),
    ),
    "c": _c_like(words=_words(k=_C_WORDS, nb=_C_TYPES, no="NULL true false"), tokens=(_PREPROCESSOR,)),
    "cpp": _c_like(
        words=_words(
            k=f"{_C_WORDS} alignas alignof and catch class co_await co_return co_yield concept consteval constexpr "
            "const_cast decltype delete dynamic_cast explicit export final friend module mutable namespace new "
            "noexcept "
            "not operator or override private protected public reinterpret_cast requires static_assert static_cast "
            "template this thread_local throw try typeid typename using virtual",
            nb=f"{_C_TYPES} std string vector map set pair tuple array deque optional variant cout cin cerr endl",
            no="NULL nullptr true false",
        ),
        tokens=(_PREPROCESSOR,),
    ),
    "csharp": _c_like(
        words=_words(
            k="abstract as async await base break case catch checked class const continue default delegate do else "
            "enum "
            "event explicit extern finally fixed for foreach get global goto if implicit in init interface internal is "
            "lock namespace new operator out override params partial private protected public readonly record ref "
            "required return sealed set sizeof static struct switch this throw try typeof unchecked unsafe using value "
            "virtual volatile when where while with yield",
            nb="bool byte char decimal double dynamic float int long nint object sbyte short string uint ulong ushort "
            "var void",
            no=_TRUTH,
        ),
        tokens=(_PREPROCESSOR, ("s", r'[$@]{1,2}+"[^"]*+"?+')),
    ),
    "go": _c_like(
        words=_words(
            k="break case chan const continue default defer else fallthrough for func go goto if import interface map "
            "package range return select struct switch type var",
            nb="any append bool byte cap clear close comparable complex64 complex128 copy delete error float32 float64 "
            "int int8 int16 int32 int64 len make max min new panic print println recover rune string uint uint8 uint16 "
            "uint32 uint64 uintptr",
            no="true false nil iota",
        ),
        strings=(_DOUBLE, _CHARACTER, ("s", r"`[^`]*+`?+")),
    ),
    "rust": _c_like(
        words=_words(
            k="as async await break const continue crate dyn else enum extern fn for if impl in let loop match mod "
            "move "
            "mut pub ref return self Self static struct super trait type unsafe use where while",
            nb="bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize Box Option Result Some "
            "None Ok "
            "Err String Vec",
            no="true false",
        ),
        tokens=(("nd", r"#!?+\[[^\]\n]*+\]?+"), ("nf", r"[a-z_]\w*+!(?=[(\[{ ])"), ("nv", r"'[a-z_]\w*+(?!')")),
        strings=(
            ("s", r'b?+r#"[^"]*+(?:"(?!#)[^"]*+)*+(?:"#)?+'),
            _LONG_DOUBLE,
            _CHARACTER,
        ),
    ),
    "swift": _c_like(
        words=_words(
            k="actor as associatedtype async await break case catch class continue convenience default defer deinit do "
            "else enum extension fallthrough fileprivate final for func get guard if import in indirect init inout "
            "internal is lazy let mutating open operator override private protocol public repeat required rethrows "
            "return self Self set some static struct subscript super switch throw throws try typealias unowned var "
            "weak "
            "where while",
            no="true false nil",
        ),
        tokens=(_DECORATOR, _TRIPLE[0]),
        strings=(_DOUBLE,),
    ),
    "dart": _c_like(
        words=_words(
            k=f"{_JAVA_WORDS} as async await covariant deferred dynamic export extension external factory get in is "
            "late "
            "library mixin of on operator part required rethrow sealed set show sync typedef with",
            nb="bool double int num void",
            no=_TRUTH,
        ),
        tokens=(_DECORATOR, *_TRIPLE),
    ),
    "php": Language(
        (
            ("cp", r"&lt;\?(?:php|=)?+|\?&gt;"),
            _SLASHES,
            _BLOCK,
            ("c", r"#(?!\[)[^\n]*+"),
            ("nv", r"\$\w++"),
            _DOUBLE,
            _SINGLE,
        ),
        _words(
            k="abstract and array as break callable case catch class clone const continue declare default do echo else "
            "elseif empty enum extends final finally fn for foreach function global if implements include include_once "
            "instanceof interface isset list match namespace new or print private protected public readonly require "
            "require_once return static switch throw trait try unset use var while yield",
            nb="bool float int iterable mixed never object self string void",
            no=f"{_TRUTH} TRUE FALSE NULL",
        ),
        has_types=True,
    ),
    "ruby": Language(
        (
            _HASH,
            _DOUBLE,
            _SINGLE,
            _SYMBOL,
            _LABEL,
            ("nv", r"@@?+\w++|\$\w++"),
        ),
        _words(
            k="alias and begin break case class def defined? do else elsif end ensure for if in module next not or "
            "redo "
            "rescue retry return self super then undef unless until when while yield",
            no="true false nil",
            nb="attr_accessor attr_reader attr_writer include extend lambda loop p print private proc protected public "
            "puts raise require require_relative",
        ),
        has_types=True,
    ),
    "perl": Language(
        (_HASH, _DOUBLE, _SINGLE, ("nv", r"[$@%][A-Za-z_]\w*+")),
        _words(
            k="and cmp continue do each else elsif eq foreach for ge gt if last le lt my ne next no not or our package "
            "redo return sub unless until use while xor",
            nb="chomp close defined delete die exists join keys local map open pop print printf push ref reverse say "
            "scalar shift sort split sprintf splice substr unshift values wantarray warn",
        ),
    ),
    "shell": Language(
        (
            _PROMPT,
            ("c", r"(?<![^\s;(])#[^\n]*+"),
            _LONG_DOUBLE,
            _RAW_SINGLE,
            _DOLLAR,
            _OPTION,
            ("nv", r"\b[A-Za-z_]\w*+(?==)"),
            _PATH,
        ),
        _SHELL,
    ),
    "powershell": Language(
        (
            ("c", r"&lt;#[^#]*+(?:#(?!&gt;)[^#]*+)*+(?:#&gt;)?+"),
            _PROMPT,
            _HASH,
            ("s", r'"[^"`]*+(?:`[\s\S]?+[^"`]*+)*+"?+'),
            _RAW_SINGLE,
            ("nv", r"\$[\w:]++"),
            ("na", r"(?<=\s)-[A-Za-z]\w*+"),
            ("nf", r"\b[A-Z][A-Za-z]{1,30}+-[A-Z]\w*+"),
        ),
        _words(
            k="begin break catch class continue data do dynamicparam else elseif end enum exit filter finally for "
            "foreach "
            "from function if in param process return switch throw trap try until using while",
        ),
        ignores_case=True,
    ),
    "sql": Language(
        (_DASHES, _BLOCK, ("s", r"'[^']*+(?:''[^']*+)*+'?+"), ("nv", r'"[^"\n]*+"?+'), _QUOTED_NAME),
        _SQL,
        ignores_case=True,
    ),
    "html": _MARKUP,
    "css": Language(
        (
            _BLOCK,
            ("c", r"(?<![:\w])//[^\n]*+"),
            _DOUBLE,
            _SINGLE,
            ("k", r"@[\w-]++|!important\b"),
            ("m", r"#[\da-fA-F]{3,8}(?![\w-])"),
            ("nc", r"(?<![\w)])[.#][A-Za-z_-][\w-]*+"),
            ("nv", r"--[\w-]++|\$[\w-]++"),
            ("m", r"(?<![\w-])-?+\d++(?:\.\d++)?+[a-z%]*+"),
            ("na", r"[a-z-]++(?=\s?+:)"),
            ("", r"[A-Za-z][\w-]*+(?!\()"),
        )
    ),
    "json": Language(
        (
            _SLASHES,
            _BLOCK,
            ("na", r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"(?=\s{0,20}+:)'),
            _DOUBLE,
        ),
        _words(no=_TRUTH),
    ),
    "yaml": Language(
        (
            ("c", r"(?<![^\s])#[^\n]*+"),
            ("na", r"^[ \t]*+(?:- ++)*+[\w./-]++(?:(?<=[\w])[ ][\w./-]++){0,5}+(?=:(?:\s|$))"),
            _DOUBLE,
            _PLAIN_SINGLE,
            ("nv", r"(?<=\s)(?:&amp;|\*)[\w-]++"),
            ("k", r"^(?:---|\.\.\.)$"),
            ("m", r"(?<![\w.-])-?+\d++(?:\.\d++)?+(?![\w.-])"),
            _PATH,
        ),
        _words(no=f"{_TRUTH} yes no on off True False Null"),
    ),
    "toml": Language(
        (
            ("c", r"(?<![^\s])[#;][^\n]*+"),
            ("gh", r"^[ \t]*+\[[^\]\n]*+\]{1,2}+"),
            ("na", r"^[ \t]*+[\w.\"-]++(?=[ \t]{0,20}+[=:])"),
            _TRIPLE[0],
            _DOUBLE,
            _PLAIN_SINGLE,
        ),
        _words(no=f"{_TRUTH} yes no on off"),
    ),
    "diff": Language(
        (
            ("gh", r"^(?:diff|index|---|\+\+\+|Index:)(?![^\s])[^\n]*+"),
            ("gu", r"^@@[^\n]*+"),
            ("gi", r"^\+[^\n]*+"),
            ("gd", r"^-[^\n]*+"),
            ("", r"^[^\n]++"),
        )
    ),
    "markdown": Language(
        (
            ("gh", r"^#{1,6}+ [^\n]*+"),
            ("k", r"^[ \t]{0,8}+(?:[-*+]|\d{1,9}+[.)])(?= )"),
            ("s", r"`[^`\n]++`"),
            ("gu", r"\*\*[^*\n]++\*\*"),
            ("nt", r"\[[^\]\n]{0,100}+\]\([^)\n]{0,300}+\)"),
            ("c", r"^&gt;[^\n]*+"),
            ("", r"[\w']++"),
        )
    ),
    "dockerfile": Language(
        (
            ("c", r"^[ \t]*+#[^\n]*+"),
            (
                "k",
                r"^[ \t]*+(?:FROM|RUN|CMD|LABEL|EXPOSE|ENV|ADD|COPY|ENTRYPOINT|VOLUME|USER|WORKDIR|ARG|ONBUILD"
                r"|STOPSIGNAL|HEALTHCHECK|SHELL)\b",
            ),
            _DOUBLE,
            _SINGLE,
            _DOLLAR,
            _OPTION,
            _PATH,
        ),
        _words(k="AS as") | _SHELL,
    ),
    "makefile": Language(
        (
            ("c", r"(?<!\\)#[^\n]*+"),
            ("nf", r"^[\w./%-]++(?=[ \t]{0,20}+:(?!=))"),
            ("nv", r"\$[({][^)}\n]{0,100}+[)}]|\$(?:[@^*?]|&lt;)|^[\w-]++(?=[ \t]{0,20}+[:?+]?=)"),
            ("k", r"^\.[A-Z]++|^[ \t]*+(?:ifeq|ifneq|ifdef|ifndef|else|endif|include|define|endef|export)\b"),
            _DOUBLE,
            _SINGLE,
        ),
        _SHELL,
    ),
    "latex": Language((_PERCENT, ("k", r"\\(?:[A-Za-z@]++\*?+|.)"), ("s", r"\$[^$\n]*+\$?+"), ("", r"\w++"))),
    "lisp": Language(
        (
            _SEMICOLON,
            _LONG_DOUBLE,
            ("no", r"(?<![\w-]):[\w.*+!?-]++|#[tf]\b"),
            (
                "k",
                r"(?<=\()(?:def[\w-]*+|lambda|let\*?|letrec|if|cond|case|when|unless|do|begin|progn|setq|setf|set!|fn|loop"
                r"|recur|ns|require|import|and|or|not|quote)(?![\w*!?-])",
            ),
            ("nf", r"(?<=\()[A-Za-z*+!?/_][\w.*+!?/-]*+"),
            ("", r"[A-Za-z*+!?/_-][\w.*+!?/-]*+"),
        )
    ),
    "lua": Language(
        (
            ("c", r"--\[\[[^\]]*+(?:\](?!\])[^\]]*+)*+(?:\]\])?+"),
            _DASHES,
            _DOUBLE,
            _SINGLE,
            ("s", r"\[\[[^\]]*+(?:\](?!\])[^\]]*+)*+(?:\]\])?+"),
        ),
        _words(
            k="and break do else elseif end for function goto if in local not or repeat return then until while",
            no="true false nil",
            nb="ipairs next pairs pcall print require select self setmetatable string table tonumber tostring type",
        ),
    ),
    "haskell": Language(
        (
            ("c", r"\{-[^-]*+(?:-(?!\})[^-]*+)*+(?:-\})?+"),
            ("c", r"--(?![!#$%*+./=?@\\^|~:])[^\n]*+"),
            _DOUBLE,
            _CHARACTER,
        ),
        _words(
            k="as case class data default deriving do else exposing family forall foreign if import in infix infixl "
            "infixr "
            "instance let module newtype of port qualified then type where",
            no="True False",
        ),
        has_types=True,
    ),
    "ocaml": Language(
        (("c", r"\(\*[^*]*+(?:\*(?!\))[^*]*+)*+(?:\*\))?+"), ("c", r"//[^\n]*+"), _DOUBLE, _CHARACTER),
        _words(
            k="and as assert begin class constraint do done downto else end exception external for fun function "
            "functor if "
            "in include inherit initializer lazy let match member method module mutable namespace new object of open "
            "or "
            "override private rec sig static struct then to try type use val virtual when while with yield",
            nb="array bool char float int list option ref string unit",
            no="true false null",
        ),
        has_types=True,
    ),
    "elixir": Language(
        (
            _HASH,
            _TRIPLE[0],
            _DOUBLE,
            _SINGLE,
            _SYMBOL,
            _LABEL,
            ("nd", r"@\w++"),
        ),
        _words(
            k="after alias and case catch cond def defdelegate defexception defguard defimpl defmacro defmodule defp "
            "defprotocol defstruct do else end fn for if import in not or quote raise receive require rescue super "
            "throw "
            "try unless unquote use when with",
            no="true false nil",
        ),
        has_types=True,
    ),
    "erlang": Language(
        (_PERCENT, _DOUBLE, _PLAIN_SINGLE, ("cp", r"^-[a-z_]++"), ("nv", r"\b[A-Z_]\w*+")),
        _words(
            k="after and andalso begin case catch cond div end fun if let maybe not of or orelse receive rem try "
            "when xor",
            no="true false undefined",
        ),
    ),
    "r": Language(
        (_HASH, _DOUBLE, _SINGLE, ("k", r"&lt;-|%[^%\s]{0,20}+%")),
        _words(
            k="break else for function if in library next repeat require return while",
            no="TRUE FALSE NULL NA NaN Inf",
        ),
    ),
    "julia": Language(
        (
            ("c", r"#=[^=]*+(?:=(?!#)[^=]*+)*+(?:=#)?+"),
            _HASH,
            _TRIPLE[0],
            _DOUBLE,
            _CHARACTER,
            ("nd", r"@\w++"),
            ("no", r"(?<![\w:]):[A-Za-z_]\w*+"),
        ),
        _words(
            k="abstract baremodule begin break catch const continue do else elseif end export finally for function "
            "global "
            "if import in isa let local macro module mutable primitive quote return struct try type using where while",
            no="true false nothing missing Inf NaN",
        ),
        has_types=True,
    ),
    "matlab": Language(
        (
            ("c", r"%\{[^%]*+(?:%(?!\})[^%]*+)*+(?:%\})?+"),
            ("c", r"[%][^\n]*+"),
            ("s", r"(?<![\w)\]}.'])'[^'\n]*+'?+"),
            _DOUBLE,
        ),
        _words(
            k="break case catch classdef continue else elseif end endfunction endif endfor endwhile for function "
            "global if "
            "methods otherwise parfor persistent properties return switch try while",
            no="true false pi inf nan",
        ),
    ),
    "graphql": Language(
        (_HASH, ("s", r'"""[^"]*+(?:"(?!"")[^"]*+)*+(?:""")?+'), _DOUBLE, ("nv", r"\$\w++"), _DECORATOR),
        _words(
            k="directive enum extend fragment implements input interface mutation on query scalar schema "
            "subscription type "
            "union",
            nb="Boolean Float ID Int String",
            no=_TRUTH,
        ),
        has_types=True,
    ),
    "protobuf": _c_like(
        words=_words(
            k="enum extend extensions import map message oneof option optional package public repeated required "
            "reserved "
            "returns rpc service stream syntax to",
            nb="bool bytes double fixed32 fixed64 float int32 int64 sfixed32 sfixed64 sint32 sint64 string uint32 "
            "uint64",
            no="true false",
        )
    ),
    "hcl": Language(
        (_HASH, _SLASHES, _BLOCK, _DOUBLE, ("na", r"(?<![\w-])[\w-]++(?=[ \t]{0,40}+=(?!=))")),
        _words(
            k="data dynamic for for_each if import in locals module moved output provider resource terraform variable",
            no=_TRUTH,
        ),
    ),
    "assembly": Language(
        (
            ("c", r"[;#][^\n]*+|//[^\n]*+"),
            ("nf", r"^[\w.$]++:"),
            ("k", r"^[ \t]++[a-z][\w.]*+"),
            ("cp", r"^[ \t]*+\.[a-z]\w*+"),
            ("nb", r"%\w++"),
            _DOUBLE,
        )
    ),
    "basic": Language(
        (("c", r"'[^\n]*+"), ("s", r'"[^"\n]*+"?+')),
        _words(
            k="and as boolean byref byval call case class const dim do double each else elseif end enum exit for "
            "function "
            "get goto if implements in integer is let loop me mod module new next not object of on option optional or "
            "private property public redim return select set static step string structure sub then to try until "
            "variant "
            "wend while with xor",
            no="true false nothing null",
        ),
        ignores_case=True,
    ),
    "nginx": Language(
        (_HASH, _DOUBLE, _SINGLE, _DOLLAR, ("k", r"^[ \t]*+[a-z_]++(?=[ \t;{])"), _PATH),
        _words(no="on off"),
    ),
}
"""The languages by their names."""

ALIASES: dict[str, str] = _words(  # noqa: S604 - no call of a shell
    python="py py3 python3 pyi ipython pycon sage starlark gdscript",
    javascript="js jsx mjs cjs node ecmascript",
    typescript="ts tsx mts cts",
    java="jsp groovy gradle apex",
    kotlin="kt kts",
    scala="sc sbt",
    c="h objc objective-c objectivec glsl hlsl wgsl cuda opencl arduino ino",
    cpp="c++ cc cxx hpp hxx cu",
    csharp="c# cs dotnet razor",
    go="golang",
    rust="rs",
    swift="swiftui",
    dart="flutter",
    php="php3 php4 php5 hack",
    ruby="rb rake gemfile crystal cr",
    perl="pl pm raku",
    shell="bash sh zsh fish ksh console shell-session shellsession bash-session terminal command cmd bat batch",
    powershell="ps1 pwsh posh",
    sql="mysql postgresql postgres pgsql plpgsql sqlite sqlite3 tsql t-sql plsql mssql oracle bigquery snowflake",
    html="xml svg xhtml htm vue svelte astro jinja jinja2 django handlebars hbs mustache erb ejs plist rss xsl xaml",
    css="scss sass less stylus postcss",
    json="jsonc json5 jsonl ndjson geojson webmanifest ipynb",
    yaml="yml",
    toml="ini cfg conf config properties env dotenv editorconfig systemd desktop",
    diff="patch udiff",
    markdown="md mdx rmd qmd",
    dockerfile="docker containerfile",
    makefile="make mk mf just justfile cmake",
    latex="tex bibtex bib context",
    lisp="clojure clj cljs scheme racket rkt common-lisp commonlisp elisp emacs-lisp emacs fennel",
    lua="luau",
    haskell="hs elm purescript purs idris agda ada vhdl",
    ocaml="ml mli fsharp f# fs sml pascal delphi",
    elixir="ex exs",
    erlang="erl hrl prolog",
    r="rscript splus",
    julia="jl",
    matlab="octave",
    graphql="gql",
    protobuf="proto proto3 thrift solidity sol zig v odin",
    hcl="terraform tf tfvars bicep nix",
    assembly="asm nasm masm gas x86 arm mips llvm wasm wat",
    basic="vb vbnet vb.net vba vbscript visual-basic freebasic qbasic",
    nginx="nginxconf caddyfile caddy apache apacheconf htaccess",
)
"""Other names of the languages."""
