namespace TorrentPS.Engine.Transport.Utp;

/// <summary>A sent packet that no acknowledgement number covers yet.</summary>
internal struct SentPacket
{
    /// <summary>Position of the payload in the stream.</summary>
    public long Position;

    /// <summary>Time at which the packet was last sent.</summary>
    public long SentAt;

    /// <summary>
    /// Number of the packet's last transmission. All transmissions of the connection are numbered consecutively.
    /// </summary>
    public long Order;

    /// <summary>Length of the payload in bytes.</summary>
    public int Length;

    /// <summary>Number of times that the packet was sent.</summary>
    public int Transmissions;

    /// <summary>Whether a selective acknowledgement named the packet.</summary>
    public bool IsAcknowledged;

    /// <summary>Whether the packet counts as lost and must be sent again.</summary>
    public bool IsLost;

    public bool IsFin;

    /// <summary>Whether the packet is a probe (<see cref="PathMtu"/>).</summary>
    public bool IsProbe;
}

/// <summary>The sent packets of a connection by sequence number, oldest first.</summary>
internal struct SentPackets
{
    /// <summary>
    /// Maximum number of packets. Receivers store about as many packets that arrive out of order. The send buffer has
    /// room for fewer full packets.
    /// </summary>
    public const int Maximum = 2000;

    private const int InitialLength = 32;

    private SentPacket[] _ring;

    public SentPackets(ushort firstSequence)
    {
        First = firstSequence;
        _ring = [];
    }

    /// <summary>Sequence number of the oldest packet, or of the next packet if there is none.</summary>
    public ushort First { get; private set; }

    public int Count { get; private set; }

    /// <summary>Sequence number of the next packet.</summary>
    public readonly ushort Next => (ushort)(First + Count);

    public readonly ref SentPacket this[ushort sequence] => ref _ring[sequence & (_ring.Length - 1)];

    public readonly bool Contains(ushort sequence) => (ushort)(sequence - First) < Count;

    public ref SentPacket Add()
    {
        if (Count == _ring.Length)
            Grow();
        Count++;
        ref SentPacket packet = ref this[(ushort)(First + Count - 1)];
        packet = default;
        return ref packet;
    }

    public void RemoveFirst()
    {
        First++;
        Count--;
    }

    /// <summary>Removes the packet that was added last.</summary>
    public void RemoveLast() => Count--;

    private void Grow()
    {
        var larger = new SentPacket[Math.Max(InitialLength, _ring.Length * 2)];
        for (int i = 0; i < Count; i++)
        {
            ushort sequence = (ushort)(First + i);
            larger[sequence & (larger.Length - 1)] = this[sequence];
        }

        _ring = larger;
    }
}
