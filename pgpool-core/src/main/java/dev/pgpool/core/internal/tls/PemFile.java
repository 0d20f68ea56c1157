package dev.pgpool.core.internal.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** A file of {@code -----BEGIN ...-----} blocks, as OpenSSL writes it. */
final class PemFile {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----((?:(?!-----).)*+)-----END \\1-----", Pattern.DOTALL);
    /** Lines like {@code DEK-Info: ...} ahead of an empty one. */
    private static final Pattern HEADERS = Pattern.compile("\\s*((?:[A-Za-z-]+:[^\\n]*\\n)*)(.*)", Pattern.DOTALL);

    private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");
    private static final String PBES2 = "2a864886f70d01050d";

    private final String path;
    private final Path file;
    private final String text;

    /** @param path of the setting, for messages */
    PemFile(String path, Path file, byte[] contents) {
        this.path = path;
        this.file = file;
        this.text = new String(contents, StandardCharsets.ISO_8859_1);
    }

    /** All certificates, in order; at least one. */
    List<X509Certificate> certificates() throws TlsProblem {
        List<X509Certificate> found = new ArrayList<>();
        Matcher blocks = BLOCK.matcher(text);
        while (blocks.find()) {
            if (!blocks.group(1).endsWith("CERTIFICATE")) {
                continue;
            }
            try {
                found.add((X509Certificate) CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(decode(blocks))));
            } catch (CertificateException e) {
                throw new TlsProblem(
                        path, file + " whose certificate " + (found.size() + 1) + " is damaged", "PEM certificates");
            }
        }
        if (found.isEmpty()) {
            throw new TlsProblem(path, file + " without a certificate", "PEM certificates");
        }
        return found;
    }

    /** The first private key. */
    PrivateKey privateKey(Optional<String> password) throws TlsProblem {
        Matcher blocks = BLOCK.matcher(text);
        while (blocks.find()) {
            switch (blocks.group(1)) {
                case "PRIVATE KEY" -> {
                    return privateKey(decode(blocks), false);
                }
                case "ENCRYPTED PRIVATE KEY" -> {
                    return privateKey(decrypt(decode(blocks), password), true);
                }
                case "RSA PRIVATE KEY" -> {
                    return privateKey(OldKeys.rsa(traditional(blocks, password)), isEncrypted(blocks));
                }
                case "EC PRIVATE KEY" -> {
                    byte[] key = traditional(blocks, password);
                    try {
                        return privateKey(OldKeys.ec(key), isEncrypted(blocks));
                    } catch (Der.Malformed e) {
                        throw isEncrypted(blocks)
                                ? notOpened()
                                : new TlsProblem(
                                        path,
                                        file + " with a key that does not name its curve",
                                        "an EC key on a named curve");
                    }
                }
                case "DSA PRIVATE KEY" ->
                    throw new TlsProblem(path, file + " with a DSA key", "an RSA, EC or EdDSA key");
                default -> {
                    // parameters or certificates in the same file
                }
            }
        }
        throw new TlsProblem(path, file + " without a private key", "a PEM private key");
    }

    private TlsProblem notOpened() {
        return new TlsProblem(path, file + " that the password does not open", "the key's password");
    }

    private static boolean isEncrypted(Matcher block) {
        return headers(block).contains("ENCRYPTED");
    }

    private static String headers(Matcher block) {
        Matcher parts = HEADERS.matcher(block.group(2));
        return parts.matches() ? parts.group(1) : "";
    }

    /** A key in the form that OpenSSL wrote before PKCS#8, out of its encryption. */
    private byte[] traditional(Matcher block, Optional<String> password) throws TlsProblem {
        byte[] key = decode(block);
        if (!isEncrypted(block)) {
            return key;
        }
        String secret = required(password);
        try {
            byte[] opened = OldKeys.decrypt(headers(block), key, secret);
            if (opened != null) {
                return opened;
            }
        } catch (GeneralSecurityException e) {
            throw notOpened();
        }
        throw new TlsProblem(path, file + " whose encryption is unknown", "AES or DES, as OpenSSL writes it");
    }

    private String required(Optional<String> password) throws TlsProblem {
        if (password.isEmpty()) {
            throw new TlsProblem(path, file + " with an encrypted key and no password", "the key's password");
        }
        return password.get();
    }

    private byte[] decrypt(byte[] der, Optional<String> password) throws TlsProblem {
        String secret = required(password);
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

    private byte[] decode(Matcher block) throws TlsProblem {
        try {
            Matcher parts = HEADERS.matcher(block.group(2));
            return Base64.getMimeDecoder().decode(parts.matches() ? parts.group(2) : "");
        } catch (IllegalArgumentException e) {
            throw new TlsProblem(path, file + " whose " + block.group(1) + " is damaged", "Base64 between the lines");
        }
    }
}
