"""Names that a stranger's log may bring: each has to be shown as the text that it is."""

NAMES = {
    "markup": "<img src=x onerror='window.hit = 1'><b>bold</b>",
    "script": "</script><script>window.hit = 1</script><!--",
    "title": "</title></style><svg onload='window.hit = 1'>",
    "entities": "&lt;b&gt; \" ' ` ${1} {{1}} %s \\u003c",
    "override": "abc\u202edef\u2067 ghi",
    "right to left": "خسارة/loss",
    "ten thousand letters": "x" * 10_000,
    "ten thousand letters in words": "word " * 2_000,
    "lone surrogates": "\ud800 half \udc00",
    "control characters": "a\x00b\x1b[31m\r\n\u2028c\x9b",
    "formula": '=HYPERLINK("http://example.org";1)',
    "at": "@SUM(1+1)",
    "prototype": "__proto__",
}
