#!/bin/sh
# A cluster to INITIALIZED as guides on the web do it: the AWS CLI in loops that sleep 15 s.
# Arguments: the CLI, a subnet, its zone, a folder for the certificates.
set -eu
aws=$1 subnet=$2 zone=$3 folder=$4
cd "$folder"

describe() {
  "$aws" cloudhsmv2 describe-clusters --filters "clusterIds=$cluster" --query "Clusters[0].$1" --output text
}

wait_for() {
  while [ "$(describe "$1")" != "$2" ]; do sleep 15; done
}

cluster=$("$aws" cloudhsmv2 create-cluster --hsm-type hsm2m.medium --mode FIPS \
  --subnet-ids "$subnet" --query Cluster.ClusterId --output text)
wait_for State UNINITIALIZED
"$aws" cloudhsmv2 create-hsm --cluster-id "$cluster" --availability-zone "$zone" >create.json
wait_for 'Hsms[0].State' ACTIVE
while [ "$(describe Certificates.ClusterCsr)" = None ]; do sleep 15; done
describe Certificates.ClusterCsr >cluster.csr

openssl req -x509 -newkey rsa:2048 -nodes -days 3652 -subj /CN=bench -keyout ca.key -out ca.crt
openssl x509 -req -days 3640 -in cluster.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out cluster.crt
"$aws" cloudhsmv2 initialize-cluster --cluster-id "$cluster" \
  --signed-cert file://cluster.crt --trust-anchor file://ca.crt >initialize.json
wait_for State INITIALIZED
