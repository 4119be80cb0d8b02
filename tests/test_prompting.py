"""The pipeline by hand equals diffusers' own, and the words do what the functions say."""

import warnings

import diffusers
import pytest
import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from course_lib.models import load_text_to_image
from course_lib.words.prompt_words import check_prompt, left_out, word_position
from course_lib.words.prompting import (
    SAMPLERS,
    blend,
    encode_prompt,
    guided_noise,
    sampler,
    scale_word,
    switch_prompt,
    text_to_image,
)
from course_lib.zoo.draw import SIDE

FOX, OWL = "a photo of a red fox in the snow", "an oil painting of an owl by the sea"
LONG = ", ".join(["a photo of a cat in a meadow"] * 12)


@pytest.fixture(scope="module")
def pipe():
    pipe = load_text_to_image("pocket", device="cpu")
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture(scope="module")
def other(pipe):
    """A tiny pipeline of the full tier's kind: guesses the noise, PNDM scheduler, two pixels for each latent."""
    torch.manual_seed(0)
    text = CLIPTextConfig(vocab_size=1024, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
                          bos_token_id=1022, eos_token_id=1023)  # fmt: skip
    made = StableDiffusionPipeline(
        vae=AutoencoderKL(down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
                          block_out_channels=(8, 8), norm_num_groups=4, latent_channels=4, sample_size=16),
        unet=UNet2DConditionModel(sample_size=8, block_out_channels=(8, 8), layers_per_block=1, cross_attention_dim=16,
                                  down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), attention_head_dim=2,
                                  up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), norm_num_groups=4),
        text_encoder=CLIPTextModel(text).eval(), tokenizer=pipe.tokenizer,
        scheduler=PNDMScheduler(steps_offset=1, skip_prk_steps=True), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False,
    )  # fmt: skip
    made.set_progress_bar_config(disable=True)
    return made


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def theirs(pipe, prompt, **settings):
    return pipe(prompt, output_type="pt", generator=chance(), **settings).images


def ours(pipe, prompt, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return text_to_image(pipe, prompt, generator=chance(), **settings) / 2 + 0.5


@pytest.mark.parametrize("guidance, negative", [(7.5, ""), (3.0, "blurry, text"), (1.0, "blurry"), (0.5, "")])
@pytest.mark.parametrize("which", ["pipe", "other"])
def test_by_hand_equals_diffusers_pixel_for_pixel(which, guidance, negative, request):
    pipe = request.getfixturevalue(which)
    expected = theirs(pipe, FOX, negative_prompt=negative, guidance_scale=guidance, num_inference_steps=3)
    assert torch.equal(ours(pipe, FOX, negative=negative, guidance=guidance, steps=3), expected)


@pytest.mark.parametrize("name", SAMPLERS)
def test_with_every_sampler(pipe, name):
    before = pipe.scheduler
    with sampler(pipe, name):
        assert type(pipe.scheduler).__name__ == SAMPLERS[name]
        expected = theirs(pipe, FOX, guidance_scale=4.0, num_inference_steps=3)
        assert torch.equal(ours(pipe, FOX, guidance=4.0, steps=3), expected)
    assert pipe.scheduler is before


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_walks_the_schedule_the_model_learned(pipe, name):
    with sampler(pipe, name):
        end = pipe.scheduler.alphas_cumprod[-1].item()
        pipe.scheduler.set_timesteps(4)
        told = pipe.scheduler.config
        assert end < 1e-6 and pipe.scheduler.timesteps[0] == 999 and told.prediction_type == "v_prediction"
    heun = diffusers.HeunDiscreteScheduler.from_config(pipe.scheduler.config)
    assert heun.alphas_cumprod[-1].item() > 1e-3  # why Heun is not among them


def test_two_prompts_and_a_generator_each(pipe):
    made = text_to_image(pipe, [FOX, OWL], guidance=3.0, steps=2, generator=[chance(0), chance(1)])
    alone = text_to_image(pipe, OWL, guidance=3.0, steps=2, generator=chance(1))
    assert made.shape == (2, 3, SIDE, SIDE) and made.abs().max() <= 1
    torch.testing.assert_close(made[1:], alone, rtol=0, atol=0.02)


def test_embeddings_and_a_function_of_the_step_paint_too(pipe):
    fox, owl = encode_prompt(pipe, [FOX, OWL]).split(1)
    assert torch.equal(ours(pipe, fox, guidance=3.0, steps=3), ours(pipe, FOX, guidance=3.0, steps=3))
    seen = []

    def told(step):
        seen.append(step)
        return switch_prompt(step, 3, 0.0, fox, owl)

    assert torch.equal(ours(pipe, told, guidance=3.0, steps=3), ours(pipe, OWL, guidance=3.0, steps=3))
    assert set(seen) == {0, 1, 2}
    negative = encode_prompt(pipe, "blurry")
    expected = ours(pipe, FOX, negative="blurry", guidance=3.0, steps=2)
    assert torch.equal(ours(pipe, FOX, negative=negative, guidance=3.0, steps=2), expected)


def test_embeddings_are_the_text_encoder_s(pipe):
    expected, empty = pipe.encode_prompt([FOX, OWL], "cpu", 1, True)
    assert torch.equal(encode_prompt(pipe, [FOX, OWL]), expected) and expected.shape[1] == 77
    assert torch.equal(encode_prompt(pipe, ""), empty[:1])


def test_guided_noise_by_hand():
    class Answer:
        def __init__(self, sample):
            self.sample = sample

    def unet(x, t, text):
        return Answer(x * text.mean(dim=(1, 2)).view(-1, 1, 1, 1))

    x, prompt, other = torch.ones(1, 4, 2, 2), torch.full((1, 5, 3), 3.0), torch.full((1, 5, 3), 1.0)
    assert torch.equal(guided_noise(unet, x, 10, prompt, other, 4.0), 9 * x)  # 1 + 4 (3 - 1)
    assert torch.equal(guided_noise(unet, x, 10, prompt, other, 1.0), 3 * x)


def test_blend():
    a, b = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 0.0])
    for weight, expected in (
        (0, a),
        (1, b),
        (0.25, torch.tensor([1.5, 1.5])),
        (2, torch.tensor([5.0, -2.0])),
    ):
        assert torch.equal(blend(a, b, weight), expected)
    with pytest.raises(ValueError, match="b has shape .* and does not fit a"):
        blend(a, b[:1], 0.5)


def test_scale_word_changes_one_word_in_a_copy():
    z = torch.randn(2, 5, 3)
    kept = z.clone()
    scaled = scale_word(z, 2, 3.0)
    assert torch.equal(z, kept) and torch.equal(scaled[:, 2], 3 * z[:, 2])
    assert torch.equal(scaled[:, [0, 1, 3, 4]], z[:, [0, 1, 3, 4]])


@pytest.mark.parametrize("at, steps, first", [(0, 8, 0), (0.5, 8, 4), (0.7, 10, 7), (0.3, 10, 3), (1, 8, 8)])
def test_switch_prompt_gives_the_first_its_part(at, steps, first):
    a, b = torch.zeros(1), torch.ones(1)
    assert sum(switch_prompt(step, steps, at, a, b) is a for step in range(steps)) == first
    assert first == 0 or switch_prompt(0, steps, at, a, b) is a


def test_word_position(pipe):
    assert word_position(pipe.tokenizer, FOX, "fox") == 6
    with pytest.raises(ValueError, match="'owl' is not in the prompt"):
        word_position(pipe.tokenizer, FOX, "owl")
    with pytest.raises(ValueError, match="'owl' is not in the prompt that is read"):
        word_position(pipe.tokenizer, f"{LONG}, an owl", "owl")
    with pytest.raises(ValueError, match="not one token but"):
        word_position(pipe.tokenizer, "a photo of a dragon", "dragon")


def test_what_is_left_out_is_what_the_pipeline_does_not_read(pipe):
    cut = left_out(pipe.tokenizer, LONG)
    kept = pipe.tokenizer.decode(pipe.tokenizer(LONG, truncation=True)["input_ids"][1:-1])
    whole = pipe.tokenizer.decode(pipe.tokenizer(LONG, verbose=False)["input_ids"][1:-1])
    assert f"{kept} {cut}".replace(" ", "") == whole.replace(" ", "") and cut
    shorter = LONG[: LONG.index("cat") + 300]
    assert torch.equal(encode_prompt(pipe, LONG), encode_prompt(pipe, LONG + ", and a penguin"))
    assert left_out(pipe.tokenizer, FOX) == "" and left_out(pipe.tokenizer, shorter)


def test_75_words_fit_and_the_76th_does_not(pipe):
    assert left_out(pipe.tokenizer, " ".join(["fox"] * 75)) == ""
    assert left_out(pipe.tokenizer, " ".join(["fox"] * 75 + ["owl"])) == "owl"


def test_nothing_to_tell(pipe):
    assert check_prompt(pipe, FOX, "blurry", 7.5) == check_prompt(pipe, FOX, "", 1.0) == []


@pytest.mark.parametrize(
    "prompt, negative, guidance, words",
    [
        ("", "", 7.5, "prompt is empty"),
        ("  ", "", 7.5, "prompt is empty"),
        (LONG, "", 7.5, "Only 75 tokens fit, so the end of the prompt was cut off, 'a cat in"),
        (FOX, LONG, 7.5, "the end of the negative prompt was cut off"),
        (FOX, "blurry", 1.0, "At guidance 1 the negative prompt is ignored"),
        (
            "눈 속의 여우, photo",
            "",
            7.5,
            "taught English words only, so it cannot read '눈 속의 여우,' in the prompt",
        ),
        (FOX, "흐린", 7.5, "cannot read '흐린' in the negative prompt: say it in English"),
        ("лиса", "", 7.5, "cannot read 'лиса'"),
        (FOX, "blurry", 0.5, "At guidance 0.5 the negative prompt is ignored"),
    ],
)
def test_each_thing_is_told_in_one_sentence(pipe, prompt, negative, guidance, words):
    (sentence,) = check_prompt(pipe, prompt, negative, guidance)
    assert words in sentence and sentence.endswith(".") and "\n" not in sentence
    with pytest.warns(UserWarning, match=words):
        text_to_image(pipe, prompt, negative=negative, guidance=guidance, steps=1, generator=chance())


@pytest.mark.parametrize(
    "wrong, words",
    [
        (dict(prompt=None), "must be text"),
        (dict(prompt=["a cat", 3]), "must be text"),
        (dict(negative=7), "must be text"),
        (dict(guidance=-1), "guidance is -1"),
        (dict(guidance="high"), "guidance is the text 'high'"),
        (dict(guidance=float("nan")), "guidance is nan"),
        (dict(steps=0), "steps is 0"),
        (dict(steps=2.5), "steps is 2.5"),
        (dict(generator=[chance()] * 2), "2 generators for 1 pictures"),
        (dict(negative=torch.zeros(3, 77, 192)), "3 negative embeddings for 1 pictures"),
    ],
)
def test_wrong_input_is_one_sentence(pipe, wrong, words):
    settings = {"prompt": FOX, **wrong}
    with pytest.raises(ValueError, match=words):
        text_to_image(pipe, settings.pop("prompt"), **settings)


def test_an_unknown_sampler_names_the_others(pipe):
    with (
        pytest.raises(ValueError, match="Unknown sampler: 'Heun'. Choose one of: DDIM, Euler"),
        sampler(pipe, "Heun"),
    ):
        pass
