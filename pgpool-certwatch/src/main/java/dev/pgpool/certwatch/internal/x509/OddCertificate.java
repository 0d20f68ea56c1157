package dev.pgpool.certwatch.internal.x509;

import java.io.IOException;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.Principal;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.security.spec.PSSParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * A certificate that Java refuses: duplicate extensions, an empty subject beside names that are not critical, a curve that Java has
 * no parameters for, and whatever else breaks a rule that other clients do not insist on. Its dates, names, usages and signature are
 * read leniently, since the date on which it ends is no less true. Of an extension that occurs twice the first counts.
 *
 * <p>Java's own path validation does not take such a certificate.
 */
public final class OddCertificate extends X509Certificate {

    private static final long serialVersionUID = 1L;

    private static final String ALTERNATIVE_NAMES = "2.5.29.17";
    private static final String BASIC_CONSTRAINTS = "2.5.29.19";
    private static final String KEY_USAGE = "2.5.29.15";
    private static final String EXTENDED_KEY_USAGE = "2.5.29.37";
    private static final Set<String> UNDERSTOOD =
            Set.of(ALTERNATIVE_NAMES, BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, "2.5.29.30", "2.5.29.32");

    private final byte[] encoded;
    private final String refusal;
    private final transient Der certificate;
    private final transient List<Der> body;
    private final transient Instant notBefore;
    private final transient Instant notAfter;
    private final X500Principal subject;
    private final X500Principal issuer;
    private final PublicKey key;
    private final transient Map<String, Extension> extensions = new LinkedHashMap<>();

    private record Extension(boolean critical, Der value) {}

    private OddCertificate(byte[] encoded, String refusal) throws CertificateException {
        this.encoded = encoded;
        this.refusal = refusal;
        this.certificate = Der.of(encoded);
        List<Der> all = certificate.child(0).children();
        // Everything but the version stands at a fixed place.
        this.body = !all.isEmpty() && all.get(0).is(0xa0) ? all.subList(1, all.size()) : all;
        if (!certificate.is(Der.SEQUENCE) || body.size() < 6 || !body.get(0).is(Der.INTEGER)) {
            throw new CertificateException("not a certificate: " + refusal);
        }
        Instant from = DerTime.of(body.get(3).child(0));
        Instant until = DerTime.of(body.get(3).child(1));
        if (from == null || until == null) {
            throw new CertificateException("a certificate without dates: " + refusal);
        }
        this.notBefore = from;
        this.notAfter = until;
        this.issuer = OddNames.principal(body.get(2));
        this.subject = OddNames.principal(body.get(4));
        this.key = key(body.get(5));
        for (Der part : body.subList(6, body.size())) {
            if (part.is(0xa3)) {
                part.content().children().forEach(this::extension);
            }
        }
    }

    /**
     * Reads a certificate.
     *
     * @param refusal what Java has against it
     * @throws CertificateException if there are no dates in it
     */
    static OddCertificate of(byte[] encoded, String refusal) throws CertificateException {
        return new OddCertificate(encoded.clone(), refusal);
    }

    /** What Java has against it. */
    public String refusal() {
        return refusal;
    }

    private static PublicKey key(Der keyInfo) {
        String algorithm = Algorithms.key(keyInfo.child(0).child(0).oid());
        try {
            return KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(keyInfo.encoded()));
        } catch (GeneralSecurityException | RuntimeException e) {
            return new OddKey(algorithm, Algorithms.bits(keyInfo), keyInfo.encoded());
        }
    }

    private void extension(Der extension) {
        List<Der> parts = extension.children();
        if (parts.size() >= 2) {
            boolean critical = parts.get(1).is(Der.BOOLEAN) && parts.get(1).firstByte() != 0;
            extensions.putIfAbsent(parts.get(0).oid(), new Extension(critical, parts.get(parts.size() - 1)));
        }
    }

    private @Nullable Der value(String oid) {
        Extension extension = extensions.get(oid);
        return extension == null ? null : extension.value().content();
    }

    @Override
    public void checkValidity() throws CertificateExpiredException, CertificateNotYetValidException {
        checkValidity(new Date());
    }

    @Override
    public void checkValidity(Date date) throws CertificateExpiredException, CertificateNotYetValidException {
        if (date.before(getNotBefore())) {
            throw new CertificateNotYetValidException("NotBefore: " + notBefore);
        }
        if (date.after(getNotAfter())) {
            throw new CertificateExpiredException("NotAfter: " + notAfter);
        }
    }

    @Override
    public int getVersion() {
        Der version = certificate.child(0).child(0);
        return version.is(0xa0) ? version.content().firstByte() + 1 : 1;
    }

    @Override
    public BigInteger getSerialNumber() {
        byte[] serial = body.get(0).value();
        return serial.length == 0 ? BigInteger.ZERO : new BigInteger(serial);
    }

    @Override
    @Deprecated
    public Principal getIssuerDN() {
        return issuer;
    }

    @Override
    public X500Principal getIssuerX500Principal() {
        return issuer;
    }

    @Override
    @Deprecated
    public Principal getSubjectDN() {
        return subject;
    }

    @Override
    public X500Principal getSubjectX500Principal() {
        return subject;
    }

    @Override
    public Date getNotBefore() {
        return Date.from(notBefore);
    }

    @Override
    public Date getNotAfter() {
        return Date.from(notAfter);
    }

    @Override
    public byte[] getTBSCertificate() {
        return certificate.child(0).encoded();
    }

    @Override
    public byte[] getSignature() {
        byte[] bits = certificate.child(2).value();
        return bits.length == 0 ? bits : Arrays.copyOfRange(bits, 1, bits.length);
    }

    @Override
    public String getSigAlgName() {
        return Algorithms.signature(getSigAlgOID());
    }

    @Override
    public String getSigAlgOID() {
        return certificate.child(1).child(0).oid();
    }

    @Override
    public byte @Nullable [] getSigAlgParams() {
        Der parameters = certificate.child(1).child(1);
        return parameters.tag() == 0 ? null : parameters.encoded();
    }

    @Override
    public boolean @Nullable [] getIssuerUniqueID() {
        return null;
    }

    @Override
    public boolean @Nullable [] getSubjectUniqueID() {
        return null;
    }

    @Override
    public boolean @Nullable [] getKeyUsage() {
        Der usage = value(KEY_USAGE);
        if (usage == null) {
            return null;
        }
        byte[] bits = usage.value();
        boolean[] set = new boolean[9];
        for (int i = 0; i < set.length && i / 8 + 1 < bits.length; i++) {
            set[i] = (bits[i / 8 + 1] & (0x80 >> (i % 8))) != 0;
        }
        return set;
    }

    @Override
    public @Nullable List<String> getExtendedKeyUsage() {
        Der usages = value(EXTENDED_KEY_USAGE);
        return usages == null ? null : usages.children().stream().map(Der::oid).toList();
    }

    @Override
    public int getBasicConstraints() {
        Der constraints = value(BASIC_CONSTRAINTS);
        if (constraints == null
                || !constraints.child(0).is(Der.BOOLEAN)
                || constraints.child(0).firstByte() == 0) {
            return -1;
        }
        Der length = constraints.child(1);
        return length.is(Der.INTEGER) && length.length() > 0 && length.length() <= 4
                ? new BigInteger(length.value()).intValue()
                : Integer.MAX_VALUE;
    }

    @Override
    public @Nullable Collection<List<?>> getSubjectAlternativeNames() {
        Der names = value(ALTERNATIVE_NAMES);
        return names == null ? null : OddNames.alternativeNames(names);
    }

    @Override
    public byte[] getEncoded() {
        return encoded.clone();
    }

    @Override
    public void verify(PublicKey issuerKey) throws NoSuchAlgorithmException, InvalidKeyException, SignatureException {
        verify(issuerKey, Signature.getInstance(getSigAlgName()));
    }

    @Override
    public void verify(PublicKey issuerKey, String provider)
            throws NoSuchAlgorithmException, InvalidKeyException, NoSuchProviderException, SignatureException {
        verify(issuerKey, Signature.getInstance(getSigAlgName(), provider));
    }

    private void verify(PublicKey issuerKey, Signature signature) throws InvalidKeyException, SignatureException {
        byte[] parameters = getSigAlgParams();
        if (getSigAlgName().equals("RSASSA-PSS") && parameters != null) {
            try {
                AlgorithmParameters pss = AlgorithmParameters.getInstance("RSASSA-PSS");
                pss.init(parameters);
                signature.setParameter(pss.getParameterSpec(PSSParameterSpec.class));
            } catch (GeneralSecurityException | IOException e) {
                throw new SignatureException(e);
            }
        }
        signature.initVerify(issuerKey);
        signature.update(getTBSCertificate());
        if (!signature.verify(getSignature())) {
            throw new SignatureException("signature does not match");
        }
    }

    @Override
    public PublicKey getPublicKey() {
        return key;
    }

    @Override
    public boolean hasUnsupportedCriticalExtension() {
        return extensions.entrySet().stream()
                .anyMatch(extension -> extension.getValue().critical() && !UNDERSTOOD.contains(extension.getKey()));
    }

    @Override
    public Set<String> getCriticalExtensionOIDs() {
        return oids(true);
    }

    @Override
    public Set<String> getNonCriticalExtensionOIDs() {
        return oids(false);
    }

    private Set<String> oids(boolean critical) {
        Set<String> oids = new HashSet<>();
        extensions.forEach((oid, extension) -> {
            if (extension.critical() == critical) {
                oids.add(oid);
            }
        });
        return oids;
    }

    @Override
    public byte @Nullable [] getExtensionValue(String oid) {
        Extension extension = extensions.get(oid);
        return extension == null ? null : extension.value().encoded();
    }

    @Override
    public String toString() {
        return "certificate of " + subject.getName() + " that Java refuses: " + refusal;
    }
}
