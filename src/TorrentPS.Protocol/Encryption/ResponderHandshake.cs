using System.Buffers.Binary;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Encryption;

/// <summary>The encryption handshake (MSE) of the side that accepted the connection.</summary>
public sealed class ResponderHandshake : EncryptionHandshake
{
    /// <summary>
    /// Maximum length of the initial payload in bytes. Clients send their BitTorrent handshake of 68 bytes in it, and
    /// may add their first messages. 16 KiB has room for the bitfield of a torrent with 100,000 pieces.
    /// </summary>
    public const int MaxInitialPayload = 16 * 1024;

    private readonly Func<ObfuscatedInfoHash, InfoHash?> _find;
    private readonly EncryptionMethods _allowed;
    private byte[] _secret = [];
    private byte[] _pattern = [];
    private Step _step;

    /// <summary>Creates a handshake that waits for the initiator's first bytes.</summary>
    /// <param name="find">
    /// Returns the info hash of the torrent that the peer names; null if this client does not have it.
    /// </param>
    /// <param name="allowed">
    /// The methods that may be selected. If the peer offers several of them, RC4 is selected.
    /// </param>
    /// <param name="random">
    /// The source of the private key and the padding. It must be cryptographic, except in tests.
    /// </param>
    public ResponderHandshake(
        Func<ObfuscatedInfoHash, InfoHash?> find, EncryptionMethods allowed, Random random)
        : base(random)
    {
        ArgumentNullException.ThrowIfNull(find);
        _find = find;
        _allowed = allowed;
    }

    private protected override int Continue(Span<byte> held)
    {
        int needed = Needed;
        switch (_step)
        {
            case Step.Key:
                _secret = Key.Agree(held[..needed]);
                _pattern = EncryptionHashes.Synchronization(_secret);
                SendKey();
                (_step, Needed) = (Step.Synchronization, _pattern.Length);
                return needed;
            case Step.Synchronization:
                int end = FindEndOfPadding(held, _pattern);
                if (end > 0)
                    (_step, Needed) = (Step.Torrent, EncryptionHashes.Length);
                return end;
            case Step.Torrent:
                FindTorrent(held[..needed]);
                (_step, Needed) = (Step.Offer, VerificationLength + MethodsLength + LengthLength);
                return needed;
            case Step.Offer:
                int padding = ReadOffer(held[..needed]);
                (_step, Needed) = (Step.Padding, padding + LengthLength);
                return needed;
            case Step.Padding:
                Receiving!.Transform(held[..needed]);
                int payload = CheckPayload(BinaryPrimitives.ReadUInt16BigEndian(held[(needed - LengthLength)..]));
                (_step, Needed) = (Step.InitialPayload, payload);
                if (payload == 0)
                    Select(held[needed..]);
                return needed;
            default:
                // The payload stays in the held bytes. The caller takes it together with the bytes that follow it.
                Receiving!.Transform(held[..needed]);
                Select(held[needed..]);
                return 0;
        }
    }

    private void FindTorrent(Span<byte> masked)
    {
        EncryptionHashes.Mask(_secret, masked);
        Torrent = _find(new ObfuscatedInfoHash(masked)) ?? throw new EncryptionException(
            EncryptionError.UnknownTorrent, "The peer connected for a torrent that this client does not have.");
        Receiving = EncryptionHashes.InitiatorCipher(_secret, Torrent);
        Sending = EncryptionHashes.ResponderCipher(_secret, Torrent);
    }

    /// <summary>Reads the offered methods and chooses one. Returns the length of the padding that follows.</summary>
    private int ReadOffer(Span<byte> offer)
    {
        Receiving!.Transform(offer);
        if (offer[..VerificationLength].ContainsAnyExcept((byte)0))
        {
            throw new EncryptionException(
                EncryptionError.BadVerification, "The verification constant of the encryption handshake is wrong.");
        }

        var offered = (EncryptionMethods)BinaryPrimitives.ReadUInt32BigEndian(offer[VerificationLength..]);
        EncryptionMethods common = offered & _allowed;
        Method = common.HasFlag(EncryptionMethods.Rc4) ? EncryptionMethods.Rc4
            : common.HasFlag(EncryptionMethods.PlainText) ? EncryptionMethods.PlainText
            : throw new EncryptionException(
                EncryptionError.NoCommonMethod, $"The peer offers only the encryption methods {offered:d}.");
        return CheckPadding(BinaryPrimitives.ReadUInt16BigEndian(offer[(VerificationLength + MethodsLength)..]));
    }

    private static int CheckPayload(int length) => length <= MaxInitialPayload
        ? length
        : throw new EncryptionException(
            EncryptionError.InitialPayloadTooLong, $"The peer announced an initial payload of {length} bytes.");

    /// <summary>Sends the selected method and completes the handshake.</summary>
    /// <param name="rest">The bytes that follow the initial payload.</param>
    private void Select(Span<byte> rest)
    {
        byte[] selection = new byte[VerificationLength + MethodsLength + LengthLength];
        BinaryPrimitives.WriteUInt32BigEndian(selection.AsSpan(VerificationLength), (uint)Method);
        Sending!.Transform(selection);
        Send(selection);
        Complete(rest);
    }

    private enum Step
    {
        Key,
        Synchronization,
        Torrent,
        Offer,
        Padding,
        InitialPayload,
    }
}
