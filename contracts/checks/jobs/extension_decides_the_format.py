"""Is an output written in the format that its name says?"""

from contracts.check import Need, performs
from contracts.findings import Broken, NotJudged
from contracts.session import Session


@performs(
    "The ending of an output's name decides its format: commas in .csv, tabs in .tsv.",
    "components schemas BlobReference properties RelativeLocation",
    "submit_job",
    "get_job_status",
    needs=(Need.STORAGE,),
)
def extension_decides_the_format(session: Session) -> None:
    """Run a job for each, over the same rows."""
    columns = next(iter(session.service.outputs.values()), ())
    if len(columns) < 2 or any({"\t", ",", '"'} & set(name) for name in columns):
        raise NotJudged("names of columns do not show what stands between them")
    for ending, between in (("csv", ","), ("tsv", "\t")):
        job = session.started(output=session.new_name(ending))
        exchange = session.finished(job)
        answer = session.download(exchange)
        head = answer.text.lstrip("\ufeff").partition("\n")[0].strip("\r")
        cells = [cell.strip('"') for cell in head.split(between)]
        if answer.status_code == 200 and tuple(cells) != columns:
            raise Broken(f"an output .{ending} begins {head[:80]!r}", exchange, cause=ending)
