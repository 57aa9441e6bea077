from tests.bench import packets
from tests.bench.packets import Reader


def test_a_message_is_read_as_it_was_written() -> None:
    packet = packets.publish("devices/d-1/commands", b"x" * 300, 513, retain=True)

    (read,) = Reader().feed(packet)

    assert packet[0] == 0x33
    assert read.kind == packets.PUBLISH
    assert packets.read_publish(read.body) == ("devices/d-1/commands", 513, b"x" * 300)


def test_packets_are_the_same_however_the_stream_is_cut() -> None:
    stream = packets.publish("a", b"y" * 200, 1) + packets.puback(7) + packets.PINGREQ_PACKET
    whole = list(Reader().feed(stream))

    reader = Reader()
    byte_by_byte = [packet for byte in stream for packet in reader.feed(bytes([byte]))]

    assert byte_by_byte == whole
    assert [packet.kind for packet in whole] == [packets.PUBLISH, packets.PUBACK, 12]


def test_an_incomplete_packet_waits_for_its_rest() -> None:
    reader = Reader()
    packet = packets.publish("a", b"z", 1)

    assert list(reader.feed(packet[:-1])) == []
    assert len(list(reader.feed(packet[-1:]))) == 1
