"""Does what the server says to a worker arrive as it was said, on one line?"""

import hypothesis.strategies as st
from hypothesis import given

from mockserver.jobs.details import Fault
from mockserver.jobs.messages import (
    Commit,
    Done,
    Score,
    SetUp,
    Stop,
    Task,
    decode_done,
    decode_task,
    encode,
)
from mockserver.storage.accounts import BlobAddress

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
OPTIONAL = st.none() | TEXTS
VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS
ADDRESSES = st.dictionaries(
    TEXTS, st.builds(BlobAddress, TEXTS, TEXTS, TEXTS, TEXTS, OPTIONAL, OPTIONAL, st.booleans())
)
BLOCKS = st.dictionaries(TEXTS, st.lists(TEXTS))
TASKS = st.one_of(
    st.builds(SetUp, TEXTS, TEXTS, TEXTS, st.dictionaries(TEXTS, VALUES)),
    st.builds(Score, TEXTS, TEXTS, ADDRESSES, ADDRESSES, st.dictionaries(TEXTS, VALUES)),
    st.builds(Commit, TEXTS, ADDRESSES, BLOCKS),
    st.builds(Stop, TEXTS),
)
FAULTS = st.none() | st.builds(
    Fault, TEXTS, st.integers(0, 9999), TEXTS, TEXTS, st.none() | st.integers(0, 99)
)


@given(TASKS)
def test_a_task_arrives_as_it_was_sent(task: Task) -> None:
    """Whatever its texts hold, line ends included, it is one line."""
    line = encode(task)
    assert b"\n" not in line
    assert decode_task(line) == task


@given(st.builds(Done, TEXTS, BLOCKS, FAULTS))
def test_an_answer_arrives_as_it_was_sent(done: Done) -> None:
    """The blocks of each output, or the fault."""
    line = encode(done)
    assert b"\n" not in line
    assert decode_done(line) == done
