package dev.pgpool.core.internal.tls;

import java.io.ByteArrayInputStream;
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
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----", Pattern.DOTALL);
    private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");
    private static final String PBES2 = "1.2.840.113549.1.5.13";

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
                    return privateKey(new PKCS8EncodedKeySpec(decode(blocks)));
                }
                case "ENCRYPTED PRIVATE KEY" -> {
                    return privateKey(decrypt(decode(blocks), password));
                }
                case "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY" ->
                    throw new TlsProblem(
                            path,
                            file + " with a key in the old form (" + blocks.group(1) + ")",
                            "PKCS#8, as \"openssl pkcs8 -topk8\" writes it");
                default -> {
                    // parameters or certificates in the same file
                }
            }
        }
        throw new TlsProblem(path, file + " without a private key", "a PEM private key in PKCS#8");
    }

    private PKCS8EncodedKeySpec decrypt(byte[] der, Optional<String> password) throws TlsProblem {
        if (password.isEmpty()) {
            throw new TlsProblem(path, file + " with an encrypted key and no password", "the key's password");
        }
        try {
            EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
            boolean pbes2 = info.getAlgName().equals(PBES2) || info.getAlgName().equals("PBES2");
            String algorithm = pbes2 ? info.getAlgParameters().toString() : info.getAlgName();
            PBEKeySpec spec = new PBEKeySpec(password.get().toCharArray());
            try {
                Cipher cipher = Cipher.getInstance(algorithm);
                cipher.init(
                        Cipher.DECRYPT_MODE,
                        SecretKeyFactory.getInstance(algorithm).generateSecret(spec),
                        info.getAlgParameters());
                return info.getKeySpec(cipher);
            } finally {
                spec.clearPassword();
            }
        } catch (NoSuchAlgorithmException e) {
            throw new TlsProblem(
                    path, file + " whose encryption this Java does not know", "PBES2, as \"openssl pkcs8\" writes it");
        } catch (GeneralSecurityException | java.io.IOException e) {
            throw new TlsProblem(path, file + " that the password does not open", "the key's password");
        }
    }

    private PrivateKey privateKey(PKCS8EncodedKeySpec spec) throws TlsProblem {
        for (String algorithm : KEY_ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException | NoSuchAlgorithmException e) {
                // of another kind
            }
        }
        throw new TlsProblem(path, file + " with a key of unknown kind", "an RSA, EC or EdDSA key");
    }

    private byte[] decode(Matcher block) throws TlsProblem {
        // an encrypted key in the old form has headers, with hyphens: it is not found at all
        try {
            return Base64.getMimeDecoder().decode(block.group(2));
        } catch (IllegalArgumentException e) {
            throw new TlsProblem(path, file + " whose " + block.group(1) + " is damaged", "Base64 between the lines");
        }
    }
}
