using TorrentPS.Engine.Session;

namespace TorrentPS.Engine.Tests.Session;

public sealed class ConnectionBudgetTests
{
    [Fact]
    public void Half_open_connections_are_limited_until_they_are_established()
    {
        var budget = new ConnectionBudget(maxConnections: 10, maxHalfOpen: 2);
        Assert.True(budget.TryBegin());
        Assert.True(budget.TryBegin());
        Assert.False(budget.TryBegin());
        Assert.True(budget.TryAccept());

        budget.EndHalfOpen();

        Assert.True(budget.TryBegin());
    }

    [Fact]
    public void Incoming_and_outgoing_connections_are_limited_together()
    {
        var budget = new ConnectionBudget(maxConnections: 2, maxHalfOpen: 10);
        Assert.True(budget.TryBegin());
        Assert.True(budget.TryAccept());
        Assert.False(budget.TryAccept());
        Assert.False(budget.TryBegin());
        budget.EndHalfOpen();
        Assert.False(budget.TryBegin());

        budget.Release();

        Assert.True(budget.TryAccept());
    }

    [Fact]
    public void A_changed_limit_takes_effect_at_once_and_closes_no_connection()
    {
        var budget = new ConnectionBudget(maxConnections: 2, maxHalfOpen: 10);
        Assert.True(budget.TryAccept());
        Assert.True(budget.TryAccept());

        budget.MaxConnections = 1;
        budget.Release();
        Assert.False(budget.TryAccept());

        budget.MaxConnections = 3;
        Assert.True(budget.TryAccept());
        Assert.True(budget.TryBegin());
        Assert.False(budget.TryBegin());
    }
}
