"""Wrong answers of day 07 as students write them, each with words of the hint it must get."""

import torch

from course_lib.diffusion.samplers import guide


def out_forgets_marks(tokenizer, prompt):
    ids = tokenizer(prompt)["input_ids"]
    return tokenizer.decode(ids[tokenizer.model_max_length :])


def out_keeps_the_end_mark(tokenizer, prompt):
    ids = tokenizer(prompt)["input_ids"]
    return tokenizer.decode(ids[tokenizer.model_max_length - 1 :])


def out_too_little(tokenizer, prompt):
    ids = tokenizer(prompt)["input_ids"][1:-1]
    return tokenizer.decode(ids[tokenizer.model_max_length :])


def out_one_mark(tokenizer, prompt):
    ids = tokenizer(prompt)["input_ids"][1:-1]
    return tokenizer.decode(ids[tokenizer.model_max_length - 1 :])


def out_written_75(tokenizer, prompt):
    ids = tokenizer(prompt)["input_ids"][1:-1]
    return tokenizer.decode(ids[75:])


def out_written_77(tokenizer, prompt):
    return tokenizer.decode(tokenizer(prompt)["input_ids"][1:-1][77:])


def out_what_fits(tokenizer, prompt):
    ids = tokenizer(prompt)["input_ids"][1:-1]
    return tokenizer.decode(ids[: tokenizer.model_max_length - 2])


def out_truncated(tokenizer, prompt):
    return tokenizer.decode(tokenizer(prompt, truncation=True)["input_ids"])


def out_numbers(tokenizer, prompt):
    return tokenizer(prompt)["input_ids"][1:-1][tokenizer.model_max_length - 2 :]


def out_characters(tokenizer, prompt):
    return prompt[tokenizer.model_max_length :]


def out_words_after_75(tokenizer, prompt):
    return " ".join(prompt.split()[75:])


def out_words(tokenizer, prompt):
    return " ".join(prompt.split()[tokenizer.model_max_length - 2 :])


def interval_of_single_values(values, factor):
    return torch.stack([values.mean() - factor * values.std(), values.mean() + factor * values.std()])


def interval_by_n(values, factor):
    margin = factor * values.std() / len(values)
    return torch.stack([values.mean() - margin, values.mean() + margin])


def interval_population(values, factor):
    s = ((values - values.mean()) ** 2).mean().sqrt()
    margin = factor * s / len(values) ** 0.5
    return torch.stack([values.mean() - margin, values.mean() + margin])


def interval_variance(values, factor):
    margin = factor * values.var() / len(values) ** 0.5
    return torch.stack([values.mean() - margin, values.mean() + margin])


def interval_no_factor(values, factor):
    margin = values.std() / len(values) ** 0.5
    return torch.stack([values.mean() - margin, values.mean() + margin])


def interval_n_minus_one_twice(values, factor):
    margin = factor * values.std() / (len(values) - 1) ** 0.5
    return torch.stack([values.mean() - margin, values.mean() + margin])


def interval_margin_only(values, factor):
    return factor * values.std() / len(values) ** 0.5


def interval_turned(values, factor):
    margin = factor * values.std() / len(values) ** 0.5
    return torch.stack([values.mean() + margin, values.mean() - margin])


def interval_tuple(values, factor):
    margin = factor * values.std() / len(values) ** 0.5
    return values.mean() - margin, values.mean() + margin


def interval_always_1_96(values, factor):
    margin = 1.96 * values.std() / len(values) ** 0.5
    return torch.stack([values.mean() - margin, values.mean() + margin])


def interval_range(values, factor):
    return torch.stack([values.min(), values.max()])


def guided_swapped(unet, latents, t, prompt, other, scale):
    both = unet(torch.cat([latents, latents]), t, torch.cat([other, prompt])).sample
    with_prompt, without = both.chunk(2)
    return without + scale * (with_prompt - without)


def guided_takes_away(unet, latents, t, prompt, other, scale):
    return unet(latents, t, prompt).sample - scale * unet(latents, t, other).sample


def guided_ho_salimans(unet, latents, t, prompt, other, scale):
    c, u = unet(latents, t, prompt).sample, unet(latents, t, other).sample
    return (1 + scale) * c - scale * u


def guided_no_start(unet, latents, t, prompt, other, scale):
    c, u = unet(latents, t, prompt).sample, unet(latents, t, other).sample
    return scale * (c - u)


def guided_no_difference(unet, latents, t, prompt, other, scale):
    c, u = unet(latents, t, prompt).sample, unet(latents, t, other).sample
    return u + scale * c


def guided_prompt_only(unet, latents, t, prompt, other, scale):
    return unet(latents, t, prompt).sample


def guided_mixes_words(unet, latents, t, prompt, other, scale):
    return unet(latents, t, guide(prompt, other, scale)).sample


def guided_one_latent(unet, latents, t, prompt, other, scale):
    both = unet(latents, t, torch.cat([other, prompt])).sample
    without, with_prompt = both.chunk(2)
    return without + scale * (with_prompt - without)


def guided_no_sample(unet, latents, t, prompt, other, scale):
    without, with_prompt = unet(torch.cat([latents, latents]), t, torch.cat([other, prompt])).chunk(2)
    return without + scale * (with_prompt - without)


def guided_both(unet, latents, t, prompt, other, scale):
    return unet(torch.cat([latents, latents]), t, torch.cat([other, prompt])).sample


def word_all(embeddings, position, weight):
    return weight * embeddings


def word_wrong_axis(embeddings, position, weight):
    scaled = embeddings.clone()
    scaled[..., position % 3] *= weight
    return scaled


def word_first_prompt(embeddings, position, weight):
    scaled = embeddings.clone()
    scaled[0, position] *= weight
    return scaled


def word_from_there_on(embeddings, position, weight):
    scaled = embeddings.clone()
    scaled[:, position:] *= weight
    return scaled


def word_from_one(embeddings, position, weight):
    scaled = embeddings.clone()
    scaled[:, position - 1] *= weight
    return scaled


def word_added(embeddings, position, weight):
    scaled = embeddings.clone()
    scaled[:, position] += weight
    return scaled


def word_replaced(embeddings, position, weight):
    scaled = embeddings.clone()
    scaled[:, position] = weight
    return scaled


def word_in_place(embeddings, position, weight):
    embeddings[:, position] *= weight
    return embeddings


def word_alone(embeddings, position, weight):
    return embeddings[:, position] * weight


def word_whole_prompt(embeddings, position, weight):
    scaled = embeddings.clone()
    scaled[position] = scaled[position] * weight
    return scaled


def switch_swapped(step, steps, at, first, second):
    return second if step < at * steps else first


def switch_not_a_part(step, steps, at, first, second):
    return first if step < at else second


def switch_late(step, steps, at, first, second):
    return first if step <= at * steps else second


def switch_early(step, steps, at, first, second):
    return first if step + 1 < at * steps else second


def switch_from_the_end(step, steps, at, first, second):
    return first if step < (1 - at) * steps else second


def switch_blends(step, steps, at, first, second):
    return (1 - at) * first + at * second


def switch_slides(step, steps, at, first, second):
    return first + step / steps * (second - first)


def switch_never(step, steps, at, first, second):
    return first


def switch_no_else(step, steps, at, first, second):
    if step < at * steps:
        return first


WRONG = [
    ("left_out", out_forgets_marks, "a mark is among the words"),
    ("left_out", out_keeps_the_end_mark, "a mark is among the words"),
    ("left_out", out_too_little, "two tokens fewer fit"),
    ("left_out", out_one_mark, "two tokens fewer fit"),
    ("left_out", out_written_75, "ask tokenizer.model_max_length"),
    ("left_out", out_written_77, "ask tokenizer.model_max_length"),
    ("left_out", out_what_fits, "this is what fits in"),
    ("left_out", out_truncated, "this is what fits in"),
    ("left_out", out_numbers, "tokenizer.decode"),
    ("left_out", out_characters, "words or letters are counted"),
    ("left_out", out_words, "words or letters are counted"),
    ("left_out", out_words_after_75, "ask tokenizer.model_max_length"),
    ("confidence_interval", interval_of_single_values, "single values spread"),
    ("confidence_interval", interval_by_n, "square root of N, not by N"),
    ("confidence_interval", interval_population, "divides by N - 1, not by N"),
    ("confidence_interval", interval_variance, "takes the variance"),
    ("confidence_interval", interval_no_factor, "factor is not used"),
    ("confidence_interval", interval_n_minus_one_twice, "N - 1 belongs into the standard deviation"),
    ("confidence_interval", interval_margin_only, "this is the margin"),
    ("confidence_interval", interval_turned, "ends are swapped"),
    ("confidence_interval", interval_tuple, "a tuple"),
    ("confidence_interval", interval_always_1_96, "few values need more"),
    ("confidence_interval", interval_range, "least and the greatest"),
    ("guided_noise", guided_swapped, "prompt and other are swapped"),
    ("guided_noise", guided_takes_away, "only taken away"),
    ("guided_noise", guided_ho_salimans, "one step too far"),
    ("guided_noise", guided_no_start, "the start is missing"),
    ("guided_noise", guided_no_difference, "difference of the two answers"),
    ("guided_noise", guided_prompt_only, "only the prompt was asked for"),
    ("guided_noise", guided_mixes_words, "before the U-Net"),
    ("guided_noise", guided_one_latent, "as many of both"),
    ("guided_noise", guided_no_sample, "chunk"),
    ("guided_noise", guided_both, "two answers; take them apart"),
    ("scale_word", word_all, "every word was scaled"),
    ("scale_word", word_wrong_axis, "one number of every word"),
    ("scale_word", word_first_prompt, "only the first prompt"),
    ("scale_word", word_from_there_on, "from there on"),
    ("scale_word", word_from_one, "the word before it"),
    ("scale_word", word_added, "multiply by it"),
    ("scale_word", word_replaced, "replaced by the weight"),
    ("scale_word", word_in_place, "in place"),
    ("scale_word", word_alone, "only the word came back"),
    ("scale_word", word_whole_prompt, "IndexError"),
    ("switch_prompt", switch_swapped, "swapped"),
    ("switch_prompt", switch_not_a_part, "compare with at * steps"),
    ("switch_prompt", switch_late, "one step too many"),
    ("switch_prompt", switch_early, "one step too few"),
    ("switch_prompt", switch_from_the_end, "counted from the beginning"),
    ("switch_prompt", switch_blends, "only one of them counts"),
    ("switch_prompt", switch_slides, "only one of them counts"),
    ("switch_prompt", switch_never, "never gets its turn"),
    ("switch_prompt", switch_no_else, "returns None"),
]


def out_by_encode(tokenizer, prompt):
    ids = tokenizer.encode(prompt, add_special_tokens=False)
    room = tokenizer.model_max_length - 2
    return tokenizer.decode(ids[room:]) if len(ids) > room else ""


def out_from_the_marks(tokenizer, prompt):
    ids = tokenizer(prompt).input_ids
    return tokenizer.decode(ids[tokenizer.model_max_length - 1 : -1])


def interval_by_hand(values, factor):
    n, mean = len(values), values.sum() / len(values)
    s = (((values - mean) ** 2).sum() / (n - 1)).sqrt()
    return mean + factor * s / n**0.5 * torch.tensor([-1.0, 1.0])


def guided_by_two_calls(unet, latents, t, prompt, other, scale):
    c, u = unet(latents, t, prompt).sample, unet(latents, t, other).sample
    return scale * c - (scale - 1) * u


def guided_prompt_first(unet, latents, t, prompt, other, scale):
    both = unet(
        latents.repeat(2, 1, 1, 1), t, encoder_hidden_states=torch.cat([prompt, other]), return_dict=False
    )[0]
    c, u = both.chunk(2)
    return u + scale * (c - u)


def word_by_factors(embeddings, position, weight):
    factors = torch.ones(embeddings.shape[1])
    factors[position] = weight
    return embeddings * factors[:, None]


def switch_by_part(step, steps, at, first, second):
    if step / steps < at:
        return first
    return second


RIGHT = [
    ("left_out", out_by_encode),
    ("left_out", out_from_the_marks),
    ("confidence_interval", interval_by_hand),
    ("guided_noise", guided_by_two_calls),
    ("guided_noise", guided_prompt_first),
    ("scale_word", word_by_factors),
    ("switch_prompt", switch_by_part),
]
