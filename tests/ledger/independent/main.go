// Checks an exported ledger with Go's own transparency-log packages; nothing of this repository is used.
//
//	independent check DIR VKEY              everything in DIR holds together, under the key
//	independent grown OLD_CHECKPOINT DIR VKEY   the log of the old checkpoint is the beginning of DIR's
//	independent flips DIR VKEY COUNT        so many bits are flipped in each kind of file; how many are not found?
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type files map[string][]byte

// point is what a checkpoint says.
type point struct {
	origin string
	size   int64
	root   tlog.Hash
}

func read(dir string) (files, error) {
	found := files{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		found[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	return found, err
}

func decode(text string) (tlog.Hash, error) {
	var hash tlog.Hash
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(data) != tlog.HashSize {
		return hash, fmt.Errorf("%q is no hash", text)
	}
	copy(hash[:], data)
	return hash, nil
}

func open(signed []byte, key note.Verifier) (point, error) {
	opened, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return point{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != key.Name() {
		return point{}, errors.New("the note is no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return point{}, errors.New("the checkpoint has no size")
	}
	root, err := decode(lines[2])
	return point{lines[0], size, root}, err
}

// tree holds the hashes of a log in the order in which the package stores them.
type tree []tlog.Hash

func (held tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for at, index := range indexes {
		if index >= int64(len(held)) {
			return nil, errors.New("the tree ends before that")
		}
		found[at] = held[index]
	}
	return found, nil
}

func grow(leaves []tlog.Hash) (tree, error) {
	var held tree
	for index, leaf := range leaves {
		more, err := tlog.StoredHashesForRecordHash(int64(index), leaf, held)
		if err != nil {
			return nil, err
		}
		held = append(held, more...)
	}
	return held, nil
}

// path is the file of a tile: as the package names it, without the height.
func path(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
}

func bundles(found files, size int64) ([][]byte, map[string]bool, error) {
	var entries [][]byte
	used := map[string]bool{}
	for number := int64(0); number*256 < size; number++ {
		width := size - number*256
		if width > 256 {
			width = 256
		}
		name := strings.Replace(path(tlog.Tile{H: height, L: 0, N: number, W: int(width)}), "tile/0/", "tile/entries/", 1)
		used[name] = true
		data := found[name]
		for ; width > 0; width-- {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, nil, fmt.Errorf("%s ends too early", name)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			entries, data = append(entries, data[2:end]), data[end:]
		}
		if len(data) != 0 {
			return nil, nil, fmt.Errorf("%s holds more than its entries", name)
		}
	}
	return entries, used, nil
}

func proof(data []byte, entry []byte, key note.Verifier) (point, error) {
	head, signed, found := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return point{}, errors.New("the file is no proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil || fmt.Sprintf("index %d", index) != lines[1] {
		return point{}, errors.New("the proof has no index")
	}
	var hashes tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := decode(line)
		if err != nil {
			return point{}, err
		}
		hashes = append(hashes, hash)
	}
	said, err := opened(signed, key)
	if err != nil {
		return point{}, err
	}
	return said, tlog.CheckRecord(hashes, said.size, said.root, index, tlog.RecordHash(entry))
}

var known = map[string]point{}

// opened is open, once for the same note.
func opened(signed []byte, key note.Verifier) (point, error) {
	if said, ok := known[string(signed)]; ok {
		return said, nil
	}
	said, err := open(signed, key)
	if err == nil {
		known[string(signed)] = said
	}
	return said, err
}

type report struct {
	Origin  string `json:"origin"`
	Size    int64  `json:"size"`
	Root    string `json:"root"`
	Entries int    `json:"entries"`
	Tiles   int    `json:"tiles"`
	Proofs  int    `json:"proofs"`
}

func check(found files, key note.Verifier) (report, error) {
	said, err := opened(found["checkpoint"], key)
	if err != nil {
		return report{}, fmt.Errorf("checkpoint: %w", err)
	}
	told := report{Origin: said.origin, Size: said.size, Root: said.root.String()}
	used := map[string]bool{"checkpoint": true}
	var entries [][]byte
	whole := true
	if lines, ok := found["entries.jsonl"]; ok {
		used["entries.jsonl"] = true
		for _, line := range bytes.SplitAfter(lines, []byte("\n")) {
			if len(line) > 0 {
				entries = append(entries, bytes.TrimSuffix(line, []byte("\n")))
			}
		}
		whole = int64(len(entries)) == said.size
	} else {
		var names map[string]bool
		if entries, names, err = bundles(found, said.size); err != nil {
			return told, err
		}
		for name := range names {
			used[name] = true
		}
	}
	told.Entries = len(entries)
	if whole {
		if told.Tiles, err = checkTree(found, entries, said, used); err != nil {
			return told, err
		}
	}
	if told.Proofs, err = checkProofs(found, entries, said, whole, key, used); err != nil {
		return told, err
	}
	for name := range found {
		if !used[name] {
			return told, fmt.Errorf("%s belongs to nothing", name)
		}
	}
	return told, nil
}

func checkTree(found files, entries [][]byte, said point, used map[string]bool) (int, error) {
	leaves := make([]tlog.Hash, len(entries))
	for index, entry := range entries {
		leaves[index] = tlog.RecordHash(entry)
	}
	held, err := grow(leaves)
	if err != nil {
		return 0, err
	}
	if root, err := tlog.TreeHash(said.size, held); err != nil || root != said.root {
		return 0, errors.New("the entries do not come to the root that was signed")
	}
	if _, ok := found["entries.jsonl"]; ok {
		return 0, nil
	}
	tiles := 0
	for _, tile := range widest(tlog.NewTiles(height, 0, said.size)) {
		whole, err := tlog.ReadTileData(tile, held)
		if err != nil || !bytes.Equal(whole, found[path(tile)]) {
			return 0, fmt.Errorf("%s is not the tile of these entries", path(tile))
		}
		used[path(tile)] = true
		tiles++
	}
	// The root once more, out of the tiles alone.
	reader := tlog.TileHashReader(tlog.Tree{N: said.size, Hash: said.root}, saved(found))
	if root, err := tlog.TreeHash(said.size, reader); err != nil || root != said.root {
		return 0, errors.New("the tiles do not come to the root that was signed")
	}
	return tiles, nil
}

// widest leaves out the tiles of every size that the log once had.
func widest(tiles []tlog.Tile) []tlog.Tile {
	var found []tlog.Tile
	for _, tile := range tiles {
		if last := len(found) - 1; last >= 0 && found[last].L == tile.L && found[last].N == tile.N {
			found[last] = tile
		} else {
			found = append(found, tile)
		}
	}
	return found
}

// saved reads tiles from the files.
type saved files

func (saved) Height() int { return height }

func (saved) SaveTiles([]tlog.Tile, [][]byte) {}

func (held saved) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, ok := held[path(tile)]
		if !ok {
			return nil, fmt.Errorf("%s is missing", path(tile))
		}
		found = append(found, data)
	}
	return found, nil
}

func checkProofs(found files, entries [][]byte, said point, whole bool, key note.Verifier, used map[string]bool) (int, error) {
	var names []string
	for name := range found {
		if strings.HasPrefix(name, "proofs/") {
			names = append(names, name)
			used[name] = true
		}
	}
	sort.Slice(names, func(one, other int) bool { return number(names[one]) < number(names[other]) })
	if !whole && len(names) != len(entries) {
		return 0, errors.New("some entries have no proof")
	}
	for at, name := range names {
		index := at
		if whole {
			index = number(name)
		}
		if index < 0 || index >= len(entries) {
			return 0, fmt.Errorf("%s: there is no such entry", name)
		}
		proven, err := proof(found[name], entries[index], key)
		if err != nil || proven != said {
			return 0, fmt.Errorf("%s does not prove its entry: %v", name, err)
		}
		if line := fmt.Sprintf("index %d\n", number(name)); !bytes.Contains(found[name], []byte(line)) {
			return 0, fmt.Errorf("%s proves another entry", name)
		}
	}
	return len(names), nil
}

// number is the index that a proof's file is named by.
func number(name string) int {
	digits := strings.NewReplacer("proofs/", "", "x", "", "/", "").Replace(strings.TrimSuffix(name, ".tlog-proof"))
	found, err := strconv.Atoi(digits)
	if err != nil {
		return -1
	}
	return found
}

func grown(old []byte, found files, key note.Verifier) error {
	before, err := open(old, key)
	if err != nil {
		return fmt.Errorf("the old checkpoint: %w", err)
	}
	after, err := open(found["checkpoint"], key)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tlog.Tree{N: after.size, Hash: after.root}, saved(found))
	way, err := tlog.ProveTree(after.size, before.size, reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(way, after.size, after.root, before.size, before.root)
}

type missed struct {
	Flips  map[string]int `json:"flips"`
	Unused int            `json:"unused"`
	Missed []string       `json:"missed"`
}

// flips turns bits over, one at a time, and looks whether that is found. In a signature's last character two bits say
// nothing: whoever accepts them has read the same checkpoint, which is looked at.
func flips(found files, key note.Verifier, count int) (missed, error) {
	good, err := check(found, key)
	told := missed{Flips: map[string]int{}, Missed: []string{}}
	if err != nil {
		return told, err
	}
	kinds := map[string][]string{}
	for name := range found {
		kind := strings.SplitN(name, "/", 2)[0]
		if strings.HasPrefix(name, "tile/entries/") {
			kind = "entries"
		}
		kinds[kind] = append(kinds[kind], name)
	}
	chance := rand.New(rand.NewSource(1))
	for kind, names := range kinds {
		sort.Strings(names)
		for ; told.Flips[kind] < count; told.Flips[kind]++ {
			name := names[chance.Intn(len(names))]
			data := found[name]
			at, bit := chance.Intn(len(data)), chance.Intn(8)
			data[at] ^= 1 << bit
			now, err := check(found, key)
			data[at] ^= 1 << bit
			if err == nil && now == good && at == len(data)-3 && bytes.HasSuffix(data, []byte("=\n")) {
				told.Unused++
			} else if err == nil {
				told.Missed = append(told.Missed, fmt.Sprintf("%s byte %d bit %d", name, at, bit))
			}
		}
	}
	return told, nil
}

func run(words []string) (any, error) {
	key, err := note.NewVerifier(words[len(words)-1])
	if words[0] == "flips" {
		key, err = note.NewVerifier(words[2])
	}
	if err != nil {
		return nil, err
	}
	switch words[0] {
	case "check", "flips":
		found, err := read(words[1])
		if err != nil {
			return nil, err
		}
		if words[0] == "check" {
			return check(found, key)
		}
		count, err := strconv.Atoi(words[3])
		if err != nil {
			return nil, err
		}
		return flips(found, key, count)
	case "grown":
		old, err := os.ReadFile(words[1])
		if err != nil {
			return nil, err
		}
		found, err := read(words[2])
		if err != nil {
			return nil, err
		}
		return "the newer log begins with the older one", grown(old, found, key)
	}
	return nil, fmt.Errorf("%s is no command", words[0])
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: independent check|grown|flips ... (see the head of the source)")
		os.Exit(2)
	}
	told, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(told)
}
