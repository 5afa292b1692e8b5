"""How does a Python 3 program call RRS? The how-to's sample, with addresses and key filled in.

Start the emulator with `make run`, then: python examples/rrs_client.py
Another address than the emulator's usual one can be given as the only argument.
"""

import json
import sys
import urllib.error
import urllib.request

host = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
workspace = "bce2e887cb59bee9004401d015def2cf"
service = "9e866e619ae189ccb724103998e77284"
api_key = "1ru0HAlB5PTQYXNaRdCb4KebVEW29GXw18Ok18DRzdpgToeJOJVhBfGSU3VmHmHjOXfCxo+1jxDTcJl/N6A8Kw=="

data = {
    "Inputs": {
        "input1": {
            "ColumnNames": ["Col2"],
            "Values": [["This is a good day"]],
        },
    },
    "GlobalParameters": {},
}

path = f"/workspaces/{workspace}/services/{service}/execute?api-version=2.0&details=true"
headers = {"Content-Type": "application/json", "Authorization": "Bearer " + api_key}
body = json.dumps(data).encode()

try:
    request = urllib.request.Request(host + path, body, headers)
    with urllib.request.urlopen(request) as response:
        result = json.load(response)
    print("result:", json.dumps(result))
    print(*result["Results"]["output1"]["value"]["Values"][0][1:])
except urllib.error.HTTPError as error:
    print("The request failed with status code:", error.code)
    print(error.headers)
    print(json.load(error))
