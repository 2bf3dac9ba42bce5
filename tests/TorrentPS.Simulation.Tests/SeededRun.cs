using System.Globalization;

namespace TorrentPS.Simulation.Tests;

/// <summary>
/// A test in a simulated swarm. A failure says its seed; with the environment variable <c>TORRENTPS_JOURNAL</c> naming a folder, all that
/// every loop was told is written there.
/// </summary>
public abstract class SeededRun : IDisposable
{
    private StreamWriter? _journal;
    private World? _world;

    /// <inheritdoc/>
    public void Dispose()
    {
        _journal?.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected World Begin(int seed, long size, int pieceLength = 256 * 1024, bool carriesPayload = false)
    {
        _world = new World(seed, size, pieceLength, carriesPayload);
        if (Environment.GetEnvironmentVariable("TORRENTPS_JOURNAL") is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            string name = string.Create(CultureInfo.InvariantCulture, $"{GetType().Name}-{seed}-{Guid.NewGuid():N}.log");
            _journal = new StreamWriter(Path.Combine(folder, name));
            _world.Record(new Journal(_journal));
        }

        return _world;
    }

    /// <summary>Fails with the seed and the time unless it holds.</summary>
    private protected void Holds(bool condition, string otherwise)
    {
        if (!condition)
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{otherwise} (seed {_world?.Seed}, at {_world?.Time.Seconds:0.0} s)"));
    }
}
