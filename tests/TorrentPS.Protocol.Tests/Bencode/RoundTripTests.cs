using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Tests.Bencode;

public sealed class RoundTripTests
{
    [Fact]
    public void Decoding_and_encoding_canonical_data_gives_the_same_bytes() =>
        Prop.ForAll(Canonical(), data => Encode(BencodeValue.Parse(data)).AsSpan().SequenceEqual(data))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void The_token_reader_and_the_values_agree() =>
        Prop.ForAll(Canonical(), data => EncodeTokens(data).AsSpan().SequenceEqual(data)).QuickCheckThrowOnFailure();

    [Fact]
    public void Mutated_data_is_parsed_or_throws_a_BencodeException() =>
        Prop.ForAll(Canonical(), Arb.From(Gen.Choose(0, int.MaxValue)), (data, seed) =>
        {
            byte[] mutated = Mutation.Of(data, seed);
            try
            {
                BencodeValue value = BencodeValue.Parse(mutated);

                // Data that is accepted with sorted keys is canonical: it has only one encoding.
                return !value.KeysAreSorted || value.Raw.Span.SequenceEqual(Encode(value));
            }
            catch (BencodeException e)
            {
                return e.Offset >= 0 && e.Offset <= mutated.Length;
            }
        }).QuickCheckThrowOnFailure();

    private static Arbitrary<byte[]> Canonical() => Arb.From(Gen.Sized(size => Value(Math.Min(size, 40))));

    private static Gen<byte[]> Value(int size)
    {
        Gen<byte[]> number = Gen.OneOf(Gen.Choose(-100, 100).Select(i => (long)i), ArbMap.Default.GeneratorFor<long>())
            .Select(i => Write(writer => writer.WriteNumber(i)));
        Gen<byte[]> bytes = Bytes().Select(value => Write(writer => writer.WriteBytes(value)));
        if (size <= 1)
            return Gen.OneOf(number, bytes);
        Gen<byte[]> list = Value(size / 3).ListOf().Select(items => Write(writer =>
        {
            writer.BeginList();
            foreach (byte[] item in items.Take(6))
                writer.WriteRaw(item);
            writer.End();
        }));
        Gen<byte[]> dictionary = Bytes().Zip(Value(size / 3)).ListOf().Select(entries => Write(writer =>
        {
            writer.BeginDictionary();
            foreach ((byte[] key, byte[] value) in entries.Take(6).DistinctBy(e =>
                Convert.ToHexString(e.Item1)).OrderBy(e => Convert.ToHexString(e.Item1), StringComparer.Ordinal))
            {
                writer.WriteKey(key);
                writer.WriteRaw(value);
            }

            writer.End();
        }));
        return Gen.OneOf(number, bytes, list, dictionary);
    }

    private static Gen<byte[]> Bytes() => Gen.Choose(0, 255).Select(i => (byte)i).ArrayOf();

    private static byte[] Encode(BencodeValue value) => Write(writer => Encode(writer, value));

    private static void Encode(BencodeWriter writer, BencodeValue value)
    {
        switch (value.Kind)
        {
            case BencodeKind.Number when value.TryGetInt64(out long number):
                writer.WriteNumber(number);
                break;
            case BencodeKind.Number:
                writer.WriteRaw(value.Raw.Span);
                break;
            case BencodeKind.Bytes:
                writer.WriteBytes(value.Bytes.Span);
                break;
            case BencodeKind.List:
                writer.BeginList();
                foreach (BencodeValue item in value.Items())
                    Encode(writer, item);
                writer.End();
                break;
            default:
                writer.BeginDictionary();
                foreach ((BencodeValue key, BencodeValue item) in value.Entries())
                {
                    writer.WriteKey(key.Bytes.Span);
                    Encode(writer, item);
                }

                writer.End();
                break;
        }
    }

    private static byte[] EncodeTokens(byte[] data) => Write(writer =>
    {
        var reader = new BencodeReader(data);
        while (reader.Read())
        {
            switch (reader.Token)
            {
                case BencodeToken.Number:
                    writer.WriteNumber(reader.GetInt64());
                    break;
                case BencodeToken.Bytes:
                    writer.WriteBytes(reader.Content);
                    break;
                case BencodeToken.Key:
                    writer.WriteKey(reader.Content);
                    break;
                case BencodeToken.ListStart:
                    writer.BeginList();
                    break;
                case BencodeToken.DictionaryStart:
                    writer.BeginDictionary();
                    break;
                default:
                    writer.End();
                    break;
            }
        }
    });

    private static byte[] Write(Action<BencodeWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(new BencodeWriter(output));
        return output.WrittenSpan.ToArray();
    }
}
