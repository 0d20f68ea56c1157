package dev.pgpool.core.internal.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/** Makes private keys of PEM blocks, in all the forms and encryptions that OpenSSL writes. */
final class PemKey {
    private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");
    private static final String PBES2 = "2a864886f70d01050d";

    private final String path;
    private final Path file;
    private final Optional<String> password;

    /** @param path of the setting, for messages */
    PemKey(String path, Path file, Optional<String> password) {
        this.path = path;
        this.file = file;
        this.password = password;
    }

    /** The key of a block; null if there is none in it. */
    @Nullable
    PrivateKey read(PemBlock block) throws TlsProblem {
        return switch (block.label()) {
            case "PRIVATE KEY" -> privateKey(block.decode(path, file), false);
            case "ENCRYPTED PRIVATE KEY" -> privateKey(decrypt(block.decode(path, file)), true);
            case "RSA PRIVATE KEY" -> privateKey(OldKeys.rsa(traditional(block)), block.isEncrypted());
            case "EC PRIVATE KEY" -> ec(block);
            case "DSA PRIVATE KEY" -> throw new TlsProblem(path, file + " with a DSA key", "an RSA, EC or EdDSA key");
            default -> null; // parameters or certificates in the same file
        };
    }

    private PrivateKey ec(PemBlock block) throws TlsProblem {
        byte[] key = traditional(block);
        try {
            return privateKey(OldKeys.ec(key), block.isEncrypted());
        } catch (Der.Malformed e) {
            throw block.isEncrypted()
                    ? notOpened()
                    : new TlsProblem(
                            path, file + " with a key that does not name its curve", "an EC key on a named curve");
        }
    }

    private TlsProblem notOpened() {
        return new TlsProblem(path, file + " that the password does not open", "the key's password");
    }

    /** A key in the form that OpenSSL wrote before PKCS#8, out of its encryption. */
    private byte[] traditional(PemBlock block) throws TlsProblem {
        byte[] key = block.decode(path, file);
        if (!block.isEncrypted()) {
            return key;
        }
        String secret = secret();
        try {
            byte[] opened = OldKeys.decrypt(block.headers(), key, secret);
            if (opened != null) {
                return opened;
            }
        } catch (GeneralSecurityException e) {
            throw notOpened();
        }
        throw new TlsProblem(path, file + " whose encryption is unknown", "AES or DES, as OpenSSL writes it");
    }

    private String secret() throws TlsProblem {
        if (password.isEmpty()) {
            throw new TlsProblem(path, file + " with an encrypted key and no password", "the key's password");
        }
        return password.get();
    }

    private byte[] decrypt(byte[] der) throws TlsProblem {
        String secret = secret();
        try {
            byte[] opened = isPbes2(der) ? OldKeys.decryptPbes2(der, secret) : null;
            return opened != null ? opened : decryptByJava(der, secret);
        } catch (NoSuchAlgorithmException e) {
            throw new TlsProblem(
                    path,
                    file + " whose encryption this Java does not know",
                    "PBES2 with AES, as \"openssl pkcs8\" writes it");
        } catch (GeneralSecurityException | IOException | Der.Malformed e) {
            throw notOpened();
        }
    }

    /** PKCS#5 version 1 and PKCS#12. */
    private static byte[] decryptByJava(byte[] der, String secret) throws GeneralSecurityException, IOException {
        EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
        PBEKeySpec spec = new PBEKeySpec(secret.toCharArray());
        try {
            Cipher cipher = Cipher.getInstance(info.getAlgName());
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    SecretKeyFactory.getInstance(info.getAlgName()).generateSecret(spec),
                    info.getAlgParameters());
            return info.getKeySpec(cipher).getEncoded();
        } finally {
            spec.clearPassword();
        }
    }

    private static boolean isPbes2(byte[] der) throws Der.Malformed {
        return HexFormat.of()
                .formatHex(new Der(der)
                        .next(Der.SEQUENCE)
                        .next(Der.SEQUENCE)
                        .next(Der.OID)
                        .toBytes())
                .equals(PBES2);
    }

    /** @param encrypted whether it was: then nonsense means that the password was another */
    private PrivateKey privateKey(byte[] pkcs8, boolean encrypted) throws TlsProblem {
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(pkcs8);
        for (String algorithm : KEY_ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException | NoSuchAlgorithmException e) {
                // of another kind
            }
        }
        throw encrypted
                ? notOpened()
                : new TlsProblem(path, file + " with a key of unknown kind", "an RSA, EC or EdDSA key");
    }
}
