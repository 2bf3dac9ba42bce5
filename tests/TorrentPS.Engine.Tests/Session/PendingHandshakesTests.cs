using System.Net;
using TorrentPS.Engine.Session;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Limits of incoming connections that have not sent their handshake.</summary>
public sealed class PendingHandshakesTests
{
    private readonly PendingHandshakes _pending = new();

    [Fact]
    public void A_further_connection_of_an_address_closes_the_oldest_of_that_address_only()
    {
        var other = new Connection();
        object otherAdded = _pending.Add(At("20.1.1.1"), other);
        Connection[] flood = [.. Enumerable.Range(0, PendingHandshakes.MaxPerOrigin + 1).Select(_ => new Connection())];
        object[] added = [.. flood.Select((connection, port) => _pending.Add(At("20.2.2.2", port + 1), connection))];

        Assert.True(flood[0].IsClosed);
        Assert.All(flood.Skip(1), connection => Assert.False(connection.IsClosed));
        Assert.False(_pending.Remove(added[0]));
        Assert.True(_pending.Remove(added[1]));
        Assert.False(_pending.Remove(added[1]));
        Assert.True(_pending.Remove(otherAdded));
        Assert.False(other.IsClosed);
    }

    [Fact]
    public void The_addresses_of_one_IPv6_network_count_together()
    {
        Connection[] flood = [.. Enumerable.Range(0, PendingHandshakes.MaxPerOrigin + 1).Select(_ => new Connection())];
        for (int i = 0; i < flood.Length; i++)
            _pending.Add(At($"2600:1::{i + 1}"), flood[i]);
        Assert.Single(flood, connection => connection.IsClosed);
        _pending.Add(At("2600:1:0:1::1"), new Connection());
        Assert.Single(flood, connection => connection.IsClosed);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("192.168.1.7")]
    [InlineData("fd00::1")]
    public void A_local_address_shares_only_the_limit_of_all(string address)
    {
        Connection[] flood = [.. Enumerable.Range(0, PendingHandshakes.Max).Select(_ => new Connection())];
        foreach (Connection connection in flood)
            _pending.Add(At(address), connection);
        Assert.All(flood, connection => Assert.False(connection.IsClosed));

        object added = _pending.Add(At("20.1.1.1"), new Connection());

        Assert.True(flood[0].IsClosed);
        Assert.Single(flood, connection => connection.IsClosed);
        Assert.Equal(PendingHandshakes.Max, _pending.Count);
        Assert.True(_pending.Remove(added));
    }

    private static IPEndPoint At(string address, int port = 1) => new(IPAddress.Parse(address), port);

    private sealed class Connection : IDisposable
    {
        public bool IsClosed { get; private set; }

        public void Dispose() => IsClosed = true;
    }
}
