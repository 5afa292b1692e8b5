"""Do blocks of statements run as C#'s do?"""
# ruff: noqa: E501 - tables: one row, one line

import pytest

from tests.mockserver.gateway.expressions.evaluating import text_of

BLOCKS = [
    ("var a = 1; int b = 2, c = 3; return a + b + c;", "6"),
    ('string s; s = "x"; s += 1; return s;', "x1"),
    ("double d = 1; d /= 2; d -= 1; d *= 4; return d;", "-2"),
    ("byte b = 1; b += 255; return b;", "0"),
    ("const int a = 5; return a % 3;", "2"),
    ('string[] a = {"x", "y"}; a[1] = "z"; return string.Join("", a);', "xz"),
    ("var i = 0; i++; ++i; i--; return i;", "1"),
    ("if (true) return 1; else return 2;", "1"),
    ("if (false) { return 1; } else if (true) { return 2; } return 3;", "2"),
    (
        'var s = ""; foreach (var x in new[] {1, 2, 3}) { if (x == 2) continue; s += x; } return s;',
        "13",
    ),
    ("foreach (char c in \"ab\") { if (c == 'b') return c; } return 'z';", "b"),
    (
        "foreach (string h in context.Request.Headers.Keys) { return h; } return null;",
        "Content-Type",
    ),
    ("var n = 0; for (int i = 0; i < 5; i++) { if (i == 3) break; n += i; } return n;", "3"),
    ("var n = 0; for (;;) { n++; if (n > 4) { return n; } }", "5"),
    ("int i, n = 0; for (i = 0, n = 1; i < 3; i++, n *= 2) ; return n;", "8"),
    ("var n = 9; while (n > 4) n -= 2; return n;", "3"),
    ("var n = 0; do { n++; } while (n < 3); return n;", "3"),
    ("var n = 0; do { n++; if (n == 2) break; continue; } while (true); return n;", "2"),
    ("while (true) { return 1; }", "1"),
    ("do { return 1; } while (true);", "1"),
    ('switch ("b") { case "a": case "b": return 1; default: return 2; }', "1"),
    ("var r = 0; switch (5) { case 1: r = 1; break; default: r = 2; break; } return r;", "2"),
    ("var r = 0; switch (5) { case 1: r = 1; break; } return r;", "0"),
    (
        'try { return int.Parse("x").ToString(); } catch (FormatException e) { return e.Message; }',
        "Input string was not in a correct format.",
    ),
    ('try { return "a".Substring(5); } catch { return "caught"; }', "caught"),
    ('try { throw new Exception("mine"); } catch (Exception e) { return e.Message; }', "mine"),
    (
        'try { try { int.Parse("x"); } catch (KeyNotFoundException) { return 1; } } catch (Exception) { return 2; } return 3;',
        "2",
    ),
    ("var n = 1; try { n = 2; } finally { n += 5; } return n;", "7"),
    ("try { return 1; } catch { return 2; } finally { var x = 1; }", "1"),
    (
        'var d = new Dictionary<string, int>(); d["a"] = 1; d["a"] += 5; d.Add("b", 2); d.Remove("z"); return d["a"] + d.Count;',
        "8",
    ),
    (
        'var l = new List<string> {"b"}; l.Add("a"); l.AddRange(l); l.Insert(0, "z"); l.Remove("b"); l.RemoveAt(0); l[0] = "q"; return string.Join("", l);',
        "qba",
    ),
    ("var l = new List<int> {1}; l.Clear(); return l.Count;", "0"),
    (
        "var f = 2; return new[] {1, 2}.Select(x => { if (x > 1) { return x * f; } return 0; }).Sum();",
        "4",
    ),
    ("var f = 1; var q = new[] {1}.Select(x => x + f).ToList(); f = 5; return q[0];", "2"),
    ('{ var a = 1; } { var a = "x"; return a; }', "x"),
    (
        'if (context.Request.Headers.TryGetValue("X-Count", out var v)) { return v[0]; } return "";',
        "7",
    ),
    ('string[] v; context.Request.Headers.TryGetValue("X-Count", out v); return v.Length;', "1"),
    ('object o = "a"; if (o is string s) { return s; } return null;', "a"),
    ('JObject j = null; return j?["a"] == null;', "True"),
    ("int? n = null; n = 5; return n + 1;", "6"),
    ("long n = 1; n += 3000000000; return n;", "3000000001"),
    (";; return 1;", "1"),
    ('return new[] {"a"}.ToDictionary(x => x, x => 1).Select(p => p.Key + p.Value).First();', "a1"),
]


@pytest.mark.parametrize(("block", "expected"), BLOCKS)
def test_a_block_gives_what_it_returns(block: str, expected: str) -> None:
    """Each block returns its value."""
    assert text_of(f"@{{ {block} }}") == expected


def test_a_compiled_block_keeps_nothing() -> None:
    """Local variables begin anew with each evaluation."""
    from mockserver.gateway.expressions import compile_expression
    from tests.mockserver.gateway.expressions.calls import make_call

    block = compile_expression("@{ var l = new List<int>(); l.Add(1); return l.Count; }")
    assert [block.evaluate(make_call()) for _ in range(2)] == [1, 1]
