// Verify opens a checkpoint and checks proofs with the Go team's own packages.
//
// It reads one JSON object from standard input and prints one of verdicts: for each
// check that was asked for, "" when it holds, else why it does not.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Input names a signed checkpoint, the log's verifier key and, optionally, a witness's;
// then an entry with its inclusion proof, and an older tree with its consistency proof.
// Byte slices are base64 in JSON.
type input struct {
	Note        []byte
	Vkey        string
	Witness     string
	Entry       []byte
	Index       int64
	Inclusion   [][]byte
	OldSize     int64
	OldRoot     []byte
	Consistency [][]byte
}

type output struct {
	Note, Record, Tree string
}

// Cosigner verifies cosignature/v1, which the note package does not know.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }

func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", seconds, text)
	return ed25519.Verify(c.key, []byte(message), signature[8:])
}

func newCosigner(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("malformed witness key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return nil, errors.New("malformed witness key")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	hash := binary.BigEndian.Uint32(sum[:])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return nil, errors.New("wrong id of the witness key")
	}
	return cosigner{parts[0], hash, key[1:]}, nil
}

// Open verifies the note and reads the tree out of it: the origin is the key's name.
func open(in input) (tree tlog.Tree, err error) {
	verifier, err := note.NewVerifier(in.Vkey)
	if err != nil {
		return tree, err
	}
	verifiers := []note.Verifier{verifier}
	if in.Witness != "" {
		witness, err := newCosigner(in.Witness)
		if err != nil {
			return tree, err
		}
		verifiers = append(verifiers, witness)
	}
	opened, err := note.Open(in.Note, note.VerifierList(verifiers...))
	if err != nil {
		return tree, err
	}
	if len(opened.Sigs) != len(verifiers) {
		return tree, fmt.Errorf("%d of %d signatures", len(opened.Sigs), len(verifiers))
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tree, errors.New("not a checkpoint of this log")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

func hashes(raw [][]byte) []tlog.Hash {
	var list []tlog.Hash
	for _, one := range raw {
		var hash tlog.Hash
		copy(hash[:], one)
		list = append(list, hash)
	}
	return list
}

func said(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	tree, err := open(in)
	out := output{Note: said(err)}
	if err == nil {
		leaf := tlog.RecordHash(in.Entry)
		out.Record = said(tlog.CheckRecord(hashes(in.Inclusion), tree.N, tree.Hash, in.Index, leaf))
		if in.OldSize > 0 {
			old := hashes([][]byte{in.OldRoot})[0]
			out.Tree = said(tlog.CheckTree(hashes(in.Consistency), tree.N, tree.Hash, in.OldSize, old))
		}
	}
	json.NewEncoder(os.Stdout).Encode(out)
}
