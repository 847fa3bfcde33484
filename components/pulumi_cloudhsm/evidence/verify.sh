#!/bin/sh
# Checks a bundle of evidence with openssl alone, in the folder that it was unpacked into.
#   sh verify.sh AWS_ROOT [SIGNING_KEY]
# AWS_ROOT: the root certificate of AWS CloudHSM, from a source that you trust. SIGNING_KEY: the
# public key that signed the bundle, as PEM. Compare each line that is printed with what it says.
set -eu
root=$1
moment() { sed -n "s/.*\"$1_epoch\": \([0-9]*\).*/\1/p" record.json; }

echo "1. The files are those of the manifest: every line below occurs in manifest.json."
for file in *.crt *.csr record.json; do
    digest=$(openssl dgst -sha256 -r "$file" | cut -d ' ' -f 1)
    grep -q "\"$file\": \"$digest\"" manifest.json
    echo "   $digest $file"
done

if [ $# -gt 1 ]; then
    echo "2. The manifest is signed by the given key:"
    openssl dgst -sha256 -verify "$2" -signature manifest.json.sig manifest.json
fi

echo "3. The root that you trust vouches for the HSM, when its certificates were captured:"
openssl verify -attime "$(moment captured_at)" -CAfile "$root" -untrusted AwsHardwareCertificate.crt \
    HsmCertificate.crt

echo "4. The CSR is signed by its own key, and that is the key of the HSM's certificate:"
openssl req -in ClusterCsr.csr -noout -verify
openssl req -in ClusterCsr.csr -noout -pubkey >csr-key.tmp
openssl x509 -in HsmCertificate.crt -noout -pubkey | cmp - csr-key.tmp

echo "5. The cluster certificate holds the same key, and the CA signed it:"
openssl x509 -in CustomerHsmCertificate.crt -noout -pubkey | cmp - csr-key.tmp
openssl verify -attime "$(moment initialized_at)" -CAfile customerCA.crt CustomerHsmCertificate.crt
rm csr-key.tmp

echo "6. The trust anchor of the cluster:"
openssl x509 -in customerCA.crt -noout -subject -fingerprint -sha256
