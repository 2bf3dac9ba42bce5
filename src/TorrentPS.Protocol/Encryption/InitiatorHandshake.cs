using System.Buffers.Binary;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Encryption;

/// <summary>The encryption handshake (MSE) of the side that opened the connection.</summary>
public sealed class InitiatorHandshake : EncryptionHandshake
{
    private readonly EncryptionMethods _offered;
    private readonly byte[] _initialPayload;
    private readonly byte[] _pattern = new byte[VerificationLength];
    private Step _step;

    /// <summary>
    /// Starts a handshake. <see cref="EncryptionHandshake.TakeOutput"/> returns the first bytes to send.
    /// </summary>
    /// <param name="torrent">The torrent of the connection.</param>
    /// <param name="offered">The methods that the peer may select.</param>
    /// <param name="initialPayload">The initial payload, at most 65,535 bytes. It is sent with the handshake.</param>
    /// <param name="random">
    /// The source of the private key and the padding. It must be cryptographic, except in tests.
    /// </param>
    public InitiatorHandshake(
        InfoHash torrent, EncryptionMethods offered, ReadOnlySpan<byte> initialPayload, Random random)
        : base(random)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(initialPayload.Length, ushort.MaxValue, nameof(initialPayload));
        Torrent = torrent;
        _offered = offered;
        _initialPayload = initialPayload.ToArray();
        SendKey();
    }

    private protected override int Continue(Span<byte> held)
    {
        switch (_step)
        {
            case Step.Key:
                SendOffer(Key.Agree(held[..DiffieHellmanKey.Length]));
                (_step, Needed) = (Step.Verification, VerificationLength);
                return DiffieHellmanKey.Length;
            case Step.Verification:
                int end = FindEndOfPadding(held, _pattern);
                if (end > 0)
                    (_step, Needed) = (Step.Selection, MethodsLength + LengthLength);
                return end;
            case Step.Selection:
                Span<byte> selection = held[..Needed];
                Receiving!.Transform(selection);
                Method = Check((EncryptionMethods)BinaryPrimitives.ReadUInt32BigEndian(selection));
                int padding = CheckPadding(BinaryPrimitives.ReadUInt16BigEndian(selection[MethodsLength..]));
                (_step, Needed) = (Step.Padding, padding);
                if (padding == 0)
                    Complete(held[selection.Length..]);
                return selection.Length;
            default:
                Receiving!.Transform(held[..Needed]);
                Complete(held[Needed..]);
                return Needed;
        }
    }

    private void SendOffer(byte[] secret)
    {
        Sending = EncryptionHashes.InitiatorCipher(secret, Torrent);
        Receiving = EncryptionHashes.ResponderCipher(secret, Torrent);

        // The verification constant consists of zeros, so its encrypted form is the start of the keystream.
        Receiving.Transform(_pattern);

        Send(EncryptionHashes.Synchronization(secret));
        byte[] torrent = new byte[EncryptionHashes.Length];
        ObfuscatedInfoHash.Of(Torrent).CopyTo(torrent);
        EncryptionHashes.Mask(secret, torrent);
        Send(torrent);

        byte[] offer = new byte[VerificationLength + MethodsLength + LengthLength + LengthLength];
        BinaryPrimitives.WriteUInt32BigEndian(offer.AsSpan(VerificationLength), (uint)_offered);
        BinaryPrimitives.WriteUInt16BigEndian(
            offer.AsSpan(offer.Length - LengthLength), (ushort)_initialPayload.Length);
        Sending.Transform(offer);
        Send(offer);
        Sending.Transform(_initialPayload);
        Send(_initialPayload);
    }

    private EncryptionMethods Check(EncryptionMethods selected)
    {
        if (selected is not (EncryptionMethods.PlainText or EncryptionMethods.Rc4) || !_offered.HasFlag(selected))
        {
            throw new EncryptionException(
                EncryptionError.NoCommonMethod, $"The peer selected the encryption method {selected:d}.");
        }

        return selected;
    }

    private enum Step
    {
        Key,
        Verification,
        Selection,
        Padding,
    }
}
