"""What a broker says of a topic: its shape, its settings, what it holds and what waits there."""

from collections.abc import Mapping
from typing import Any, cast

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec
from kafka.errors import UnknownTopicOrPartitionError, for_code

Found = Mapping[str, Any]
"""A topic as the broker describes it."""


def behind(admin: KafkaAdminClient, group: str, held: Mapping[TopicPartition, range]) -> int:
    """Count what is held past the places that a group has committed."""
    committed = admin.list_group_offsets({group: list(held)})[group]
    return sum(
        offsets.stop - min(max(committed[place].offset, offsets.start), offsets.stop)
        for place, offsets in held.items()
    )


def held_in(admin: KafkaAdminClient, found: Found) -> Mapping[TopicPartition, range]:
    """Return the offsets that each partition holds."""
    numbers = [each["partition_index"] for each in found["partitions"]]
    places = [TopicPartition(found["name"], number) for number in numbers]
    first = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
    end = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
    return {place: range(first[place].offset, end[place].offset) for place in places}


def find(admin: KafkaAdminClient, topic: str) -> Found | None:
    """Describe a topic; None when there is none."""
    (found,) = admin.describe_topics([topic])
    error = for_code(found["error_code"])
    if error is UnknownTopicOrPartitionError:
        return None
    if found["error_code"]:
        raise error(topic)
    return cast("Found", found)


def replication_of(found: Found) -> int:
    return min(len(each["replica_nodes"]) for each in found["partitions"])


def settings_of(admin: KafkaAdminClient, topic: str) -> Mapping[str, str]:
    return values_of(admin, ConfigResource(ConfigResourceType.TOPIC, topic))


def values_of(admin: KafkaAdminClient, resource: ConfigResource) -> Mapping[str, str]:
    found = admin.describe_configs([resource], config_filter="all")
    of_kind = found[resource.resource_type.name.lower()]
    return {name: each["value"] for name, each in of_kind[resource.name].items()}
