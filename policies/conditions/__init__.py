"""Conditions of rules, in CEL: checked against the action's arguments when a policy is loaded, asked of each proposal.

Which library: the three for Python, measured on 2026-11-23 with 30 expressions of ours whose answer or failure the
specification (https://github.com/google/cel-spec) settles, and for `args.amount > 500 && args.country != 'DE'` on one core.

    library                           right   asked in  type checker  licence     releases, wheels
    cel-expr-python 0.1.3 (cel-cpp)   29/30       7 us  yes           Apache-2.0  3; CPython 3.11-3.14, Linux, macOS, Windows
    cel-python 0.5.0 (pure Python)    26/30     381 us  no            Apache-2.0  10; any
    common-expression-language 0.10   26/30       8 us  no            Apache-2.0  16; CPython 3.11+
    (cel-rust)

cel-python does not compare whole numbers with others; common-expression-language lets one item of the wrong type fail
`exists`, counts bytes as characters and has no `getHours` with a zone. cel-expr-python is kept by the CEL project itself
and is the only one with a checker, but reads a text only up to a NUL and recurses without bound: `values` refuses both.
"""
