"""Is JSON read, changed and written as Newtonsoft does it?"""
# ruff: noqa: E501 - tables: one row, one line

import pytest

from tests.mockserver.gateway.expressions.evaluating import text_of

TEXT = '{"a": {"b": [1, 2.0, "x", null, true]}, "s": "t\\u00e9\\"\\n", "e": {}, "f": [], "A": 1}'
J = "context.Request.Body.As<JObject>(preserveContent: true)"

READ = [
    ('{J}["a"]["b"][0]', "1"),
    ('{J}["a"]["b"][1]', "2"),
    ('{J}["a"]["b"][3]', ""),
    ('{J}["a"]["b"][4]', "True"),
    ('{J}["z"] == null', "True"),
    ('{J}["z"]?["y"]?.ToString() ?? "none"', "none"),
    ('(string){J}["s"]', 't\u00e9"\n'),
    ('(string){J}["a"]["b"][3] == null', "True"),
    ('(int){J}["a"]["b"][0] + (double){J}["a"]["b"][1]', "3"),
    ('{J}.Value<string>("s").Length', "4"),
    ('{J}["a"]["b"].Value<int>(0) + {J}["a"]["b"].Values<string>().Count()', "6"),
    ('{J}["a"]["b"].ToObject<string[]>()[2]', "x"),
    ('{J}["e"].ToObject<Dictionary<string, string>>().Count', "0"),
    ('{J}.SelectToken("$.a.b[2]") + "" + {J}.SelectToken("a[\'b\'][0]")', "x1"),
    ('{J}.SelectToken("a.z") == null', "True"),
    ('{J}.SelectTokens("a.b[*]").Count() + {J}.SelectTokens("*").Count()', "10"),
    ('string.Join(",", {J}.Properties().Select(p => p.Name))', "a,s,e,f,A"),
    ('{J}.Properties().First().Value["b"].Type + "" + {J}["a"]["b"][1].Type', "ArrayFloat"),
    ('{J}["s"].Type == JTokenType.String', "True"),
    ('{J}.ContainsKey("s") && !{J}.ContainsKey("S")', "True"),
    ('{J}.GetValue("S", StringComparison.OrdinalIgnoreCase).ToString().Length', "4"),
    ('{J}.GetValue("A") + "" + {J}.Count', "15"),
    ('{J}.TryGetValue("A", out JToken found) ? found.ToString() : ""', "1"),
    ('{J}["a"]["b"][2].Path + {J}["a"].Parent.Path', "a.b[2]a"),
    ('{J}["a"]["b"].Children().Count() + {J}["a"]["b"].Count()', "10"),
    ('{J}["a"].HasValues && !{J}["e"].HasValues', "True"),
    ('{J}["a"]["b"].First + "" + {J}["a"]["b"].Last', "1True"),
    ('{J}["a"]["b"].Where(t => t.Type == JTokenType.Integer).Sum(t => (int)t)', "1"),
    ("{J}.Root == null || {J}.PropertyValues().Count() == 5", "True"),
    ('((JValue){J}["A"]).Value', "1"),
    ('((JProperty){J}.Property("A")).Value', "1"),
    ('{J}.Property("z") == null', "True"),
    ('{J}["a"] is JObject && {J}["f"] is JArray && !({J}["A"] is JObject)', "True"),
    ('(JArray){J}["f"] != null && ((JArray){J}["a"]["b"]).Count == 5', "True"),
    ('JToken.DeepEquals({J}["e"], new JObject())', "True"),
    ('{J}["a"].Equals({J}["s"])', "False"),
]
WRITTEN = [
    ('{J}["e"].ToString() + {J}["f"]', "{}[]"),
    (
        '{J}["a"].ToString()',
        '{\r\n  "b": [\r\n    1,\r\n    2.0,\r\n    "x",\r\n    null,\r\n    true\r\n  ]\r\n}',
    ),
    ('{J}["a"].ToString(Newtonsoft.Json.Formatting.None)', '{"b":[1,2.0,"x",null,true]}'),
    ('{J}["s"].ToString(Formatting.None)', '"t\u00e9\\"\\n"'),
    ('{J}.Property("A").ToString()', '"A": 1'),
    ('JsonConvert.SerializeObject({J}["a"])', '{"b":[1,2.0,"x",null,true]}'),
    ('JsonConvert.SerializeObject(new { a = 1, b = new[] {"x"} })', '{"a":1,"b":["x"]}'),
    ('JsonConvert.SerializeObject("a", Formatting.Indented)', '"a"'),
    ("JsonConvert.SerializeObject(context.Timestamp)", '"2026-01-02T03:04:05.5Z"'),
    ("JsonConvert.SerializeObject(TimeSpan.FromSeconds(1))", '"00:00:01"'),
    ('JsonConvert.DeserializeObject<JObject>("{}")', "{}"),
    ('JsonConvert.DeserializeObject("[1]")', "[\r\n  1\r\n]"),
    ('JsonConvert.DeserializeObject<Dictionary<string, int>>("{\\"a\\":1}")["a"]', "1"),
    (
        'new JObject(new JProperty("a", 1), new JProperty("b", new JArray(1, "x"))).ToString(Formatting.None)',
        '{"a":1,"b":[1,"x"]}',
    ),
    ('new JObject { ["a"] = 1, ["b"] = null }.ToString(Formatting.None)', '{"a":1,"b":null}'),
    ('new JObject { {"a", "x"} }.ToString(Formatting.None)', '{"a":"x"}'),
    ('new JObject { new JProperty("a", 1.5) }.ToString(Formatting.None)', '{"a":1.5}'),
    ("new JArray { 1, 2 }.ToString(Formatting.None)", "[1,2]"),
    ('new JArray(new[] {"a", "b"}.Select(x => x + "!")).ToString(Formatting.None)', '["a!","b!"]'),
    ("new JObject().ToString() + new JArray()", "{}[]"),
    ('JToken.FromObject(new { a = 1 })["a"]', "1"),
    ("JObject.FromObject(new { a = true }).ToString(Formatting.None)", '{"a":true}'),
    ("JArray.FromObject(new[] {1, 2}).Count", "2"),
    ('JArray.Parse("[1, 2]").Count + "" + JToken.Parse("5")', "25"),
    (
        'new JObject(new JProperty("d", 1.50m), new JProperty("g", context.RequestId)).ToString(Formatting.None)',
        '{"d":1.50,"g":"6f1d9b4e-7a3c-4c55-9f5e-0a1b2c3d4e5f"}',
    ),
    (
        """JToken.Parse("{'a': 'it\\\\'s \\"x\\"', b: [1,], /* c */ \\"d:e\\": '//'} // end").ToString(Formatting.None)""",
        '{"a":"it\'s \\"x\\"","b":[1],"d:e":"//"}',
    ),
    ("new JArray(1e20, 5.0, (object)null).ToString(Formatting.None)", "[1E+20,5.0,null]"),
]


@pytest.mark.parametrize(("expression", "expected"), READ + WRITTEN)
def test_json_is_read_and_written(expression: str, expected: str) -> None:
    """Each expression comes to its text."""
    text = expression.replace("{J}", J)
    assert text_of(text, body=TEXT.encode()) == expected


CHANGED = [
    ('j["n"] = 1; j["a"] = "x";', '{"a":"x","n":1}'),
    ('j.Add("n", 1); j.Add(new JProperty("m", null));', '{"a":{"b":[1]},"n":1,"m":null}'),
    ('j.Remove("a");', "{}"),
    ('j.Property("a").Remove();', "{}"),
    ('j["a"]["b"][0] = 5; ((JArray)j["a"]["b"]).Add("y");', '{"a":{"b":[5,"y"]}}'),
    ('((JArray)j["a"]["b"]).RemoveAt(0);', '{"a":{"b":[]}}'),
    ('((JArray)j["a"]["b"]).Clear();', '{"a":{"b":[]}}'),
    ('j["a"]["b"].Replace("z");', '{"a":{"b":"z"}}'),
    ('j["a"]["b"][0].Remove();', '{"a":{"b":[]}}'),
    ('j.Property("a").Value = 3;', '{"a":3}'),
    ('j.Merge(JObject.Parse("{\\"a\\":{\\"b\\":[2],\\"c\\":1}}"));', '{"a":{"b":[1,2],"c":1}}'),
    ('var o = new JObject(); j["o"] = o; o["late"] = 1;', '{"a":{"b":[1]},"o":{"late":1}}'),
    ('j["c"] = j["a"]; j["a"]["b"] = 0;', '{"a":{"b":0},"c":{"b":[1]}}'),
    ('j["self"] = j;', '{"a":{"b":[1]},"self":{"a":{"b":[1]}}}'),
    ('var c = j["a"].DeepClone(); c["b"] = 0;', '{"a":{"b":[1]}}'),
    ('var p = new JProperty("p", 1); p.Value = 2; j.Add(p);', '{"a":{"b":[1]},"p":2}'),
    (
        'foreach (var p in j.Properties().ToList()) { j[p.Name + "2"] = p.Value; }',
        '{"a":{"b":[1]},"a2":{"b":[1]}}',
    ),
    ("foreach (var p in j) { j[p.Key] = p.Value.Type.ToString(); }", '{"a":"Object"}'),
    ("foreach (JProperty p in j.Properties()) { p.Value = 1; }", '{"a":1}'),
    ('foreach (var c in j["a"]["b"].Children()) { c.Replace(7); }', '{"a":{"b":[7]}}'),
]


@pytest.mark.parametrize(("statements", "expected"), CHANGED)
def test_json_is_changed(statements: str, expected: str) -> None:
    """What is put somewhere while it has a parent is copied; anything else is the same thing."""
    text = f"@{{ var j = {J}; {statements} return j.ToString(Formatting.None); }}"
    assert text_of(text, body=b'{"a": {"b": [1]}}') == expected
