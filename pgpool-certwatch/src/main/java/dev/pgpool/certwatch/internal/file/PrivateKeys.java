package dev.pgpool.certwatch.internal.file;

import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.x509.Der;
import dev.pgpool.certwatch.trust.Secret;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Private keys in PEM and DER, encrypted or not, of every kind that OpenSSL has written over the years. */
final class PrivateKeys {

    private PrivateKeys() {}

    /**
     * The first private key of a file.
     *
     * @param leaf whose other half it should be; gives the curve where the key does not say it
     */
    static ParsedKey first(Path file, byte[] bytes, @Nullable Secret password, PublicKey leaf) throws FileException {
        if (bytes.length > 0 && bytes[0] == 0x30) {
            return read(file, "the key", new Pem.Block("PRIVATE KEY", "", bytes), password, leaf);
        }
        List<String> others = new ArrayList<>();
        int number = 0;
        for (Pem.Block block : Pem.blocks(file, bytes)) {
            number++;
            if (isKey(block)) {
                return read(file, "block " + number + " (" + block.type() + ")", block, password, leaf);
            }
            others.add(block.type());
        }
        throw new FileException(
                FindingCode.PARSE_ERROR, file + ": no private key in it, but " + others + " (expected: a private key)");
    }

    static boolean isKey(Pem.Block block) {
        return switch (block.type()) {
            case "PRIVATE KEY",
                    "RSA PRIVATE KEY",
                    "EC PRIVATE KEY",
                    "DSA PRIVATE KEY",
                    "ANY PRIVATE KEY",
                    "ENCRYPTED PRIVATE KEY" -> true;
            default -> false;
        };
    }

    /** Whether a password is needed. */
    static boolean isEncrypted(Pem.Block block) {
        return !block.encryption().isEmpty() || ParsedKey.isEncrypted(Der.of(block.bytes()));
    }

    static ParsedKey read(Path file, String what, Pem.Block block, @Nullable Secret password, PublicKey leaf)
            throws FileException {
        byte[] encoded = block.bytes();
        if (isEncrypted(block)) {
            if (password == null) {
                throw new FileException(
                        FindingCode.BAD_PASSWORD,
                        file + ": " + what + " is encrypted and no password is given (expected: its password)");
            }
            encoded = decrypt(file, what, block, password.chars());
        }
        byte[] known = leaf.getEncoded();
        Der curve = known == null ? Der.of(new byte[0]) : Der.of(known).child(0).child(1);
        try {
            return ParsedKey.of(encoded, curve);
        } catch (GeneralSecurityException e) {
            throw new FileException(
                    isEncrypted(block) ? FindingCode.BAD_PASSWORD : FindingCode.PARSE_ERROR,
                    file + ": " + what + " is damaged, or of an unknown kind"
                            + (isEncrypted(block) ? ", or the password is another" : "")
                            + " (expected: a private key in PKCS#8, PKCS#1 or SEC 1 form)");
        }
    }

    private static byte[] decrypt(Path file, String what, Pem.Block block, char[] password) throws FileException {
        try {
            if (!block.encryption().isEmpty()) {
                return Decryption.decryptTraditional(block.encryption(), block.bytes(), password);
            }
            Der info = Der.of(block.bytes());
            return Decryption.decrypt(info.child(0), info.child(1).value(), password);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new FileException(
                    FindingCode.PARSE_ERROR,
                    file + ": " + what + " is encrypted in a way that this Java does not know: " + e.getMessage()
                            + " (expected: PBES2 with PBKDF2 or scrypt and AES or 3DES in CBC mode, as 'openssl pkcs8 -topk8' writes)");
        } catch (GeneralSecurityException e) {
            throw new FileException(
                    FindingCode.BAD_PASSWORD,
                    file + ": the password does not open " + what + " (expected: the key's password)");
        } finally {
            java.util.Arrays.fill(password, '\0');
        }
    }
}
