"""Do expressions as people write them in policies compile, and come to something?

They are in the manner of Microsoft's documents and samples, with data of our own.
"""
# ruff: noqa: E501 - tables: one row, one line

import pytest

from mockserver.gateway.errors import LastError
from mockserver.gateway.expressions import compile_expression, to_text
from mockserver.gateway.message import Body, Response
from tests.mockserver.gateway.expressions.calls import make_call

BODY = b'{"user": {"id": 7, "tags": ["a", "b"]}, "minutely": 1, "daily": 2, "token": "t", "s": "x"}'
CORPUS = [
    ("@(true)", "True"),
    ("@((1+1).ToString())", "2"),
    ('@("Hi There".Length)', "8"),
    (
        '@(Regex.Match(context.Response.Headers.GetValueOrDefault("Cache-Control",""), @"max-age=(?<maxAge>\\d+)").Groups["maxAge"]?.Value)',
        "60",
    ),
    (
        '@(context.Variables.ContainsKey("age") ? int.Parse((string)context.Variables["age"]) : 3600)',
        "5",
    ),
    (
        """@{
  string[] value;
  if (context.Request.Headers.TryGetValue("Authorization", out value))
  {
      if(value != null && value.Length > 0)
      {
          return Encoding.UTF8.GetString(Convert.FromBase64String(value[0]));
      }
  }
  return null;
}""",
        "",
    ),
    ("@(context.Response.StatusCode == 200)", "False"),
    ("@(context.Response.StatusCode >= 500 || context.Response.StatusCode == 429)", "False"),
    ("@(context.Response != null && context.Response.StatusCode == 503)", "False"),
    ('@(context.Request.Headers.GetValueOrDefault("X-Count", "") != "")', "True"),
    ('@("Bearer " + (string)context.Variables["key"])', "Bearer k-1"),
    ("@(context.Subscription.Id)", "sub-1"),
    ('@(context.Subscription?.Key ?? "anonymous")', "k1"),
    ("@(context.Request.IpAddress)", "10.1.2.3"),
    (
        '@(context.Request.Headers.GetValueOrDefault("X-Forwarded-For","none").Split(\',\')[0])',
        "none",
    ),
    ('@(context.Product.Name == "Starter")', "True"),
    ('@(context.User != null ? context.User.Id : "anonymous")', "7"),
    ('@(context.User.Groups.Select(g => g.Name).Contains("administrators"))', "False"),
    (
        '@(context.Request.Method == "GET" || context.Request.Method.Equals("post", StringComparison.OrdinalIgnoreCase))',
        "True",
    ),
    ('@(!context.Variables.ContainsKey("user"))', "True"),
    ('@(((IResponse)context.Variables["answer"]).StatusCode == 200)', "True"),
    (
        '@((bool)((IResponse)context.Variables["answer"]).Body.As<JObject>()["active"] == false)',
        "False",
    ),
    ('@(((IResponse)context.Variables["answer"]).Body.As<JObject>()["active"].ToString())', "True"),
    ('@(((IResponse)context.Variables["answer"]).Body.As<string>())', '{"active": true}'),
    ('@(context.LastError.Reason == "SubscriptionKeyNotFound")', "True"),
    ('@($"{context.LastError.Source}: {context.LastError.Message}")', "authorization: no key"),
    (
        '@{ return new JObject(new JProperty("error", context.LastError.Message), new JProperty("id", context.RequestId)).ToString(Newtonsoft.Json.Formatting.None); }',
        '{"error":"no key","id":"6f1d9b4e-7a3c-4c55-9f5e-0a1b2c3d4e5f"}',
    ),
    (
        """@{
    var response = context.Response.Body.As<JObject>();
    foreach (var key in new [] {"minutely", "daily"}) {
        response.Property(key).Remove ();
    }
    return response.ToString(Newtonsoft.Json.Formatting.None);
}""",
        '{"user":{"id":7,"tags":["a","b"]},"token":"t","s":"x"}',
    ),
    (
        """@{
    JObject inBody = context.Request.Body.As<JObject>(preserveContent: true);
    if (inBody["s"].ToString() == "x") { inBody["s"] = "changed"; }
    return inBody["s"].ToString();
}""",
        "changed",
    ),
    ('@(context.Request.Body.As<string>(preserveContent: true).Contains("\\"id\\": 7"))', "True"),
    ('@((string)context.Request.Body?.As<JObject>(true)["token"])', "t"),
    (
        '@(context.Request.Body.As<JObject>(preserveContent: true).SelectToken("user.tags[1]").ToString())',
        "b",
    ),
    ('@(context.Request.MatchedParameters["model"])', "m1"),
    ('@(context.Request.MatchedParameters.GetValueOrDefault("version", "v1"))', "v1"),
    ('@(context.Request.Url.Query.GetValueOrDefault("tag", ""))', "a,b c"),
    (
        '@(context.Request.OriginalUrl.Scheme + "://" + context.Request.OriginalUrl.Host)',
        "https://demo.azure-api.net",
    ),
    (
        '@("https://" + context.Request.OriginalUrl.Host + context.Request.OriginalUrl.Path)',
        "https://demo.azure-api.net/ml/score/m1",
    ),
    ("@(context.Request.Url.Path.Split('/').Last())", "m1"),
    (
        "@(context.Request.Url.Path.Substring(context.Request.Url.Path.IndexOf('/') + 1).ToLower())",
        "base/score/m1",
    ),
    ('@(string.Format("{0}-{1}", context.Api.Id, context.Operation.Id))', "rrs-score"),
    ('@(string.Concat(context.Api.Path, "/", context.Operation.UrlTemplate).Length > 0)', "True"),
    ("@(new Random().Next(0, 100) < 100)", "True"),
    ("@(Guid.NewGuid().ToString().Length)", "36"),
    ('@(DateTime.UtcNow.ToString("yyyy-MM-dd"))', "2026-01-02"),
    ("@(DateTime.UtcNow.AddMinutes(5) > context.Timestamp)", "True"),
    ("@((DateTime.UtcNow - new DateTime(1970, 1, 1)).TotalSeconds > 1700000000)", "True"),
    ("@(((DateTimeOffset)DateTime.UtcNow).ToUnixTimeSeconds() / 10)", "176732304"),
    ("@(context.Elapsed.TotalMilliseconds < 60000)", "True"),
    ("@((int)Math.Ceiling(context.Elapsed.TotalSeconds) <= 60)", "True"),
    ('@(int.Parse(context.Response.Headers.GetValueOrDefault("Retry-After", "1")) * 2)', "10"),
    (
        """@{
        // The basic credentials of the backend
        var user = "ann"; /* and */ var password = "secret";
        return "Basic " + System.Convert.ToBase64String(System.Text.Encoding.GetEncoding("ISO-8859-1").GetBytes(user + ":" + password));
}""",
        "Basic YW5uOnNlY3JldA==",
    ),
    (
        """@{
        var resource = "//queue.example/a b";
        var key = Encoding.UTF8.GetBytes("key");
        using (var hasher = new HMACSHA256(key))
        {
            return Uri.EscapeDataString(Convert.ToBase64String(hasher.ComputeHash(Encoding.UTF8.GetBytes(resource)))).Length > 40;
        }
}""",
        "True",
    ),
    ('@(context.Request.Headers.GetValueOrDefault("Authorization","").AsJwt()?.Subject)', ""),
    (
        '@(string.Join(", ", context.Request.Headers.Where(h => h.Key != "X-Many").Select(h => string.Format("{0}: {1}", h.Key, String.Join(", ", h.Value))).ToArray()))',
        "Content-Type: application/json, X-Count: 7",
    ),
    (
        '@(context.Request.Headers.GetValueOrDefault("Content-Type","").StartsWith("application/json"))',
        "True",
    ),
    ('@(context.Variables.GetValueOrDefault<bool>("flag") ? "on" : "off")', "off"),
    ('@(context.Variables.GetValueOrDefault<string>("key").Length.ToString())', "3"),
    ("@(context.Deployment.Region)", "Local"),
    (
        "@(JsonConvert.SerializeObject(new { id = context.RequestId, api = context.Api.Name }).Length > 10)",
        "True",
    ),
    (
        "@{ if (context.Response.StatusCode > 300) { return true; } else { return false; } }",
        "False",
    ),
]


@pytest.mark.parametrize(("expression", "expected"), CORPUS)
def test_a_usual_expression_compiles_and_comes_to_its_text(expression: str, expected: str) -> None:
    """Each expression is usable, and gives what it says."""
    call = make_call(
        BODY,
        answer=BODY,
        variables={
            "age": "5",
            "key": "k-1",
            "answer": Response(200, body=Body(b'{"active": true}')),
        },
        error=LastError("authorization", "SubscriptionKeyNotFound", "no key"),
    )
    assert to_text(compile_expression(expression).evaluate(call)) == expected


def test_the_corpus_is_large_enough() -> None:
    """It has forty expressions at least."""
    assert len({expression for expression, _ in CORPUS}) >= 40
