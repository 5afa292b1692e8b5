"""How are the pictures of docs/comparing.md made? From the report that the page's commands write.

`python docs/comparing_pictures.py report.html` needs chromium. Of the second picture all is taken
away but the difference that the page explains.
"""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
EXPLAINED = "$.StatusCode"


def main() -> None:
    """Draw both pictures."""
    page = Path(sys.argv[1]).read_text(encoding="utf-8")
    draw(page, HERE / "comparing-report.png", "1000,705")
    findings = re.findall(r'<details class="finding".*?</details>', page, re.DOTALL)
    (explained,) = [each for each in findings if EXPLAINED in each.partition("</summary>")[0]]
    opened = explained.replace("<details", "<details open", 1)
    head = page.partition("<body>")[0]
    draw(f"{head}<body>{opened}</body></html>", HERE / "comparing-difference.png", "1000,765")


def draw(page: str, picture: Path, size: str) -> None:
    """Let a browser show a page, and take a picture of it."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        command = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars"]
        shot = [f"--window-size={size}", f"--screenshot={picture}", file.as_uri()]
        subprocess.run([*command, *shot], check=True, capture_output=True)


if __name__ == "__main__":
    main()
