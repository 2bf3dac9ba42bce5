using TorrentPS.Engine.Session;

namespace TorrentPS.Engine.Tests.Session;

public sealed class ConnectionBudgetTests
{
    [Fact]
    public void No_more_are_begun_at_once_than_may_and_each_that_stands_makes_room()
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
    public void No_more_stand_than_may_whoever_began_them()
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
    public void A_new_bound_holds_at_once_and_what_stands_may_stay()
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
