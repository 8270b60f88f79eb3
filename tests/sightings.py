"""What a few consultations may be seen to say, one time after the other: for property tests."""

from datetime import date

from hypothesis import strategies as st

from consultations.domain.observation import Status
from tests.building import deadline, observation

TITLES = ["Høring om barnevernsloven", "Høring om kulturminneloven", "Forslag om (EU) 2016/679"]

observations = st.lists(
    st.builds(
        observation,
        st.integers(0, 5),
        external_id=st.sampled_from(["1", "2"]),
        title=st.sampled_from(TITLES),
        status=st.sampled_from(list(Status)),
        published_on=st.sampled_from([date(2026, 7, 3), date(2026, 1, 1), None]),
        deadlines=st.sampled_from([(), (deadline("2026-08-14"),), (deadline("2026-08-28"),)]),
    ),
    min_size=1,
    max_size=6,
)
