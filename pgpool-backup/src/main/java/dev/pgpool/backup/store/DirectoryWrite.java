package dev.pgpool.backup.store;

import dev.pgpool.backup.store.StoreException.Kind;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

/** A file being written under {@code .uploads}: its data, and a small file that says which key it is for. */
final class DirectoryWrite implements MultipartWrite {

    static final String KEY_FILE = "key";
    private static final String DATA_FILE = "data";

    private final DirectoryFiles files;
    private final String key;
    private final Path target;
    private final Path upload;
    private final FileChannel channel;

    DirectoryWrite(DirectoryFiles files, DirectoryUploads uploads, String key, Path target) {
        this.files = files;
        this.key = key;
        this.target = target;
        try {
            upload = uploads.create();
            try (FileChannel keyFile = OwnerOnly.create(upload.resolve(KEY_FILE))) {
                byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
                DirectoryFiles.writeFully(keyFile, 0, bytes, bytes.length);
            }
            channel = OwnerOnly.create(upload.resolve(DATA_FILE));
        } catch (IOException e) {
            throw DirectoryFiles.failure("start", key, e);
        }
    }

    @Override
    public String id() {
        return upload.getFileName().toString();
    }

    @Override
    public PartReceipt put(Part part) {
        CRC32C crc = new CRC32C();
        crc.update(part.data(), 0, part.length());
        if ((int) crc.getValue() != part.crc32c()) {
            throw new StoreException(Kind.INTEGRITY, "part " + part.number() + " of " + key + ": CRC32C differs");
        }
        append(part.offset(), part.data(), part.length());
        return new PartReceipt(part.number(), part.length(), "file-" + part.number(), part.crc32c());
    }

    void append(long offset, byte[] data, int length) {
        try {
            DirectoryFiles.writeFully(channel, offset, data, length);
        } catch (IOException e) {
            throw DirectoryFiles.failure("write", key, e);
        }
    }

    @Override
    public StoredObject complete(List<PartReceipt> parts) {
        return publish(parts.stream().mapToLong(PartReceipt::size).sum());
    }

    StoredObject publish(long size) {
        try {
            if (channel.size() != size) {
                throw new StoreException(
                        Kind.INTEGRITY, key + ": file has " + channel.size() + " bytes, expected " + size);
            }
            channel.force(true);
            channel.close();
            StoredObject object = files.move(key, upload.resolve(DATA_FILE), target);
            DirectoryUploads.remove(upload);
            return object;
        } catch (IOException e) {
            throw DirectoryFiles.failure("complete", key, e);
        }
    }

    @Override
    public void abort() {
        try {
            channel.close();
        } catch (IOException e) {
            throw DirectoryFiles.failure("abort", key, e);
        } finally {
            DirectoryUploads.remove(upload);
        }
    }
}
