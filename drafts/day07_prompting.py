# ---
# jupyter:
#   course:
#     quick:
#       N_SEEDS: 2
#       STEPS: 2
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What can you say in a prompt, and what does it do?
#
# Since day 00 you have typed prompts and got pictures. Today you open the pipeline, build it again by hand, and turn each of
# its knobs. One lucky picture proves nothing, so every claim is tried with many seeds, and comes with its uncertainty. At the
# end you get a small laboratory.
#
# **At the end you will be able to**
#
# - name every part of the Stable Diffusion pipeline, and write its loop yourself,
# - run a designed experiment: many seeds, a score, a mean with its 95% interval,
# - set guidance, steps, sampler and seed for a reason,
# - say what a negative prompt really does,
# - blend two prompts, weigh one word, and switch prompts half way,
# - show what a model has never learned, and how it fails.
#
# **Before you start:** days 04 to 06. **Time:** about a minute and a half of computing on two processor cores; an hour or two
# of reading and trying.
#
# Time runs as before: **t = 0 is the picture, t = 999 is noise.**

# %%
import matplotlib.pyplot as plt
import torch

from course_lib import plots
from course_lib.exercises import attempt, gate, quiz
from course_lib.experiment import compared, paint, prompt_fit, seeds_from, sweep
from course_lib.intervals import share_interval
from course_lib.models import load_clip, load_text_to_image
from course_lib.prompt_words import check_prompt, word_position
from course_lib.prompting import SAMPLERS, blend, encode_prompt
from course_lib.scoring import Judge
from course_lib.widgets import progress, prompt_lab
from course_lib.zoo import ANIMALS, draw, random_scene

plt.style.use("course_lib.course")

# %% [markdown]
# The knobs. Change them, and run all cells again. If a gate (a line with ✓) then fails, nothing is broken: the claim was
# made for these values.

# %% tags=["parameters"]
SEED = 0
TIER = "pocket"  # "full": Stable Diffusion 1.5 and CLIP ViT-B/32; needs a GPU
GUIDANCE = 4.0  # suits the pocket model; for Stable Diffusion 1.5 take 7.5
STEPS = 12  # few, so that you wait less; for Stable Diffusion take 20 to 50
N_SEEDS = 12  # pictures for each value of a setting, a multiple of 4

# %% [markdown]
# ## 1. What is inside the pipeline?
#
# Three networks, and two parts that learn nothing: the **tokenizer** cuts the prompt into numbers, and the **scheduler** is what
# day 04 called a sampler. Each number of a network takes four bytes in single precision, and two in **half precision**.

# %%
pipe, judge = load_text_to_image(TIER), Judge(*load_clip(TIER))
pipe.set_progress_bar_config(disable=True)
for name in ("text_encoder", "unet", "vae"):
    part = getattr(pipe, name)
    n = sum(p.numel() for p in part.parameters()) / 1e6
    print(
        f"{name:12} {type(part).__name__:21} {n:5.1f} million numbers, {4 * n:3.0f} MB; in half {2 * n:3.0f} MB"
    )
print("and:", type(pipe.tokenizer).__name__, "and", type(pipe.scheduler).__name__)

# %% [markdown]
# Half precision halves the memory, and most GPUs compute faster with it; processors seldom do. Stable Diffusion 1.5, with its
# billion numbers, then needs two gigabytes in place of four.
#
# Now follow a prompt. It becomes **tokens**, between a mark of the beginning and one of the end. The text encoder turns them
# into **embeddings**, one vector for each place. There are always 77 places; a short prompt is filled up.

# %%
prompt = "a watercolor painting of a red fox in the snow"
ids = pipe.tokenizer(prompt)["input_ids"]
print([pipe.tokenizer.decode([i]) for i in ids])
print(len(ids), "tokens; embeddings of shape", tuple(encode_prompt(pipe, prompt).shape))

# %% [markdown]
# And a prompt that is too long? Its end is cut off, and nothing in the picture tells you.
#
# **Exercise 1.** Write a function that returns what was cut off. `tokenizer(prompt)["input_ids"]` gives all tokens, with the
# two marks. Each mark takes one of the `tokenizer.model_max_length` places. `tokenizer.decode(numbers)` turns tokens back into
# words. (A warning about a sequence that is too long may appear.)


# %% tags=["exercise"]
def left_out(tokenizer, prompt):
    """The end of the prompt that does not fit, as text; "" where all of it fits."""
    ...


left_out = attempt("left_out", left_out)

# %% [markdown]
# **Predict, then run.** A long list, and at its end a penguin. Will there be a penguin in the picture?

# %%
long = ", ".join(["a photo of a cat in a meadow"] * 9) + ", and a penguin"
print("left out:", left_out(pipe.tokenizer, long))
with_dragon = encode_prompt(pipe, long.replace("penguin", "dragon"))
equal = torch.equal(encode_prompt(pipe, long), with_dragon)
gate("Penguin or dragon there, the embeddings are the same", equal)
for text in (long, ""):
    print(*check_prompt(pipe, text), sep="\n")

# %% [markdown]
# What the text encoder does not read cannot be painted. So put first what matters. `check_prompt` tells you what you may not
# have noticed.

# %% [markdown]
# ## 2. Can you build it by hand?
#
# You know every part by now:
#
# 1. encode the prompt, and the empty text beside it (day 06),
# 2. draw noise of the latent's shape (day 05),
# 3. step by step: let the U-Net guess with and without the prompt, guide (day 04), and let the scheduler take a step,
# 4. decode the latent (day 05).
#
# Two lines are new. Some samplers want their first noise louder, and scaled down again for the U-Net:
# `init_noise_sigma` and `scale_model_input` see to that. Here is all of it, in one cell.


# %%
@torch.no_grad()
def by_hand(prompt, other="", guidance=GUIDANCE, steps=STEPS, seed=SEED):
    text = encode_prompt(pipe, [other, prompt])  # (2, 77, D): the empty text, and yours
    pipe.scheduler.set_timesteps(steps)
    size, generator = pipe.unet.config.sample_size, torch.Generator().manual_seed(seed)
    latents = torch.randn(1, 4, size, size, generator=generator, dtype=text.dtype).to(text.device)
    latents = latents * pipe.scheduler.init_noise_sigma
    for t in pipe.scheduler.timesteps:  # from noise to picture
        both = pipe.scheduler.scale_model_input(torch.cat([latents, latents]), t)
        without, with_prompt = pipe.unet(both, t, text).sample.chunk(2)
        guess = without + guidance * (with_prompt - without)
        latents = pipe.scheduler.step(guess, t, latents).prev_sample
    pixels = pipe.vae.decode(latents / pipe.vae.config.scaling_factor).sample
    return (pixels / 2 + 0.5).clamp(0, 1)  # (1, 3, H, W), from 0 to 1 as diffusers has it


# %% [markdown]
# **Predict, then run.** diffusers' own pipeline has hundreds of lines. How far apart will the two pictures be?


# %% mystnb={"image": {"alt": "The same watercolour of a red fox in the snow twice: painted by the hand-written loop, and by diffusers."}}
def by_diffusers(prompt, seed=SEED, **settings):
    settings = dict(guidance_scale=GUIDANCE, num_inference_steps=STEPS) | settings
    generator = torch.Generator().manual_seed(seed)
    return pipe(prompt, generator=generator, output_type="pt", **settings).images


mine, theirs = by_hand(prompt), by_diffusers(prompt)
both = torch.cat([mine, theirs]).float().cpu() * 2 - 1
plots.plot_image_grid(both, ["by hand", "by diffusers"], columns=2, size=1.9)
plt.show()

# %%
apart = lambda a, b: (a - b).float().abs().mean().item()
same = lambda a, b: torch.equal(a, b) if TIER == "pocket" else apart(a, b) < 0.02  # a GPU rounds as it likes
gate("By hand and by diffusers: the same picture, pixel for pixel", same(mine, theirs))
gate("The same seed and settings give the same picture again", same(by_hand(prompt), mine))
gate("Another seed gives another picture", apart(by_hand(prompt, seed=SEED + 1), mine) > 0.05)

# %% [markdown]
# That is all of it: diffusers' other lines check inputs and serve special cases. Only the noise is random, and the seed fixes
# it. In many programs −1 means "draw a seed for me". Then note the one that was drawn, or you will never get that picture again:
# `seeds_from(-1, 1)` returns it.
#
# Several pictures of one prompt? `num_images_per_prompt` draws their noises one after the other from one generator.
#
# **Predict, then run.** Is the first of the four the picture from above?

# %% mystnb={"image": {"alt": "Four watercolours of a red fox in the snow from one seed; the first is the fox from above, the others stand or sit differently."}}
four = by_diffusers(prompt, num_images_per_prompt=4).float().cpu()
plots.plot_image_grid(four * 2 - 1, [f"picture {i}" for i in range(1, 5)], columns=4, size=1.3)
plt.show()
gate("The first of four is the picture from above", apart(four[0], mine[0].cpu()) < 0.02)

# %% [markdown]
# Yes, for its noise is drawn first. The other three have no seed of their own. To be able to paint each of them again alone, give
# each its own generator. `paint` of this course does so: one seed, one picture.
#
# ## 3. How hard should it listen?
#
# Guidance goes from the U-Net's guess without the prompt towards the guess with it, and beyond:
#
# $$\text{guess} = \text{without} + s\,(\text{with} - \text{without})$$
#
# This is the convention of Imagen and diffusers: $s = 1$ is off. Ho and Salimans write $w = s - 1$. In diffusers 7.5 is the
# default, and for Stable Diffusion 7 to 12 is often recommended. Is more better? That takes an experiment:
#
# - **one thing varies:** the scale, with five values; all else stays,
# - **many seeds:** four prompts, several seeds each, the *same* seeds under every value,
# - **a score:** the judge's cosine between picture and prompt, as on day 06,
# - **an interval:** how far the mean may be off, by the luck of the seeds.

# %% [markdown]
# The mean of $N$ values is surer than one value, by $\sqrt N$. With std their standard deviation, the interval
#
# $$\text{mean} - f\,\frac{\text{std}}{\sqrt N} \quad\text{to}\quad \text{mean} + f\,\frac{\text{std}}{\sqrt N}$$
#
# holds the true mean in 95 of 100 such experiments. The factor $f$ is 1.96 for large $N$, and more for small ones (Student's t).
#
# **Exercise 2.** Write it. `values.std()` is the standard deviation, and `torch.stack([a, b])` joins two numbers.


# %% tags=["exercise"]
def confidence_interval(values, factor):
    """values: (N,) numbers.  factor: f, a plain number.  Returns (2,): the lower and the upper end."""
    ...


confidence_interval = attempt("confidence_interval", confidence_interval)


# %%
from scipy import stats  # noqa: E402


def interval(values):  # (mean, lower end, upper end)
    factor = float(stats.t.ppf(0.975, len(values) - 1))  # 2.2 for 12 values
    return values.mean().item(), *confidence_interval(values, factor).tolist()


print("{:.2f}, from {:.2f} to {:.2f}".format(*interval(torch.tensor([3.0, 4.0, 4.0, 5.0, 7.0]))))

# %% [markdown]
# **Predict, then run.** Which of the five scales will fit its prompts best? What will the largest look like?

# %%
PROMPTS = [
    "a photo of an elephant in a meadow",
    "a watercolor painting of a duck by the sea",
    "a pencil drawing of an owl in a city at night",
    "a digital art of a frog on a tree branch",
]
prompts = [PROMPTS[i % 4] for i in range(N_SEEDS)]
seeds = seeds_from(1000 * SEED + 100, N_SEEDS)
SCALES = [1.0, 2.0, 4.0, 7.5, 15.0]
by_scale = sweep(pipe, prompts, seeds, "guidance", SCALES, steps=STEPS, watch=progress)

# %% mystnb={"image": {"alt": "Columns of pictures at guidance 1, 2, 4, 7.5 and 15: soft at 1, clear at 2 and 4, hard contrasts and burnt colours at 15."}} tags=["trained"]
plots.plot_columns({f"scale {scale:g}": made for scale, made in by_scale.items()}, ["elephant", "duck"])
plt.show()

# %% mystnb={"image": {"alt": "Fit to the prompt against guidance scale in a wide band: low at 1, level from 2 to 7.5, and lowest at 15."}} tags=["trained"]
fit = prompt_fit(judge, prompts)  # pictures -> the judge's cosine for each
curve = {"mean and 95% interval": [interval(fit(pictures)) for pictures in by_scale.values()]}
names = dict(setting="guidance scale", measure="cosine, by the judge", title="Fit to the prompt")
plots.plot_setting(SCALES, curve, **names).legend(loc="lower left")
plt.show()

# %% [markdown]
# The bands overlap. Is nothing shown, then? Most of their width comes from the four prompts: some are harder than others. But
# each prompt and seed was painted under *every* scale. So take the difference, picture by picture. The luck of prompt and seed is
# the same on both sides, and cancels. This is a **paired** comparison.

# %% mystnb={"image": {"alt": "Mean differences in fit from guidance 4, with 95% intervals: those of 1 and 15 lie below zero, those of 2 and 7.5 reach it."}} tags=["trained"]
against = compared(by_scale, fit, base=4.0)
ax = plots.plot_intervals({f"{s:g} against 4": against[s] for s in against}, plots.GUIDANCE, form="+.2f")
ax.axvline(0, color=plots.INK, linewidth=1, linestyle=(0, (3, 3)), zorder=0)
ax.set(xlabel="difference in fit, picture by picture", title="Is another scale better than 4?")
plt.show()
if TIER == "pocket":
    gate("Guidance 4 fits better than 1: the whole interval is below 0", against[1.0].high < 0)
    gate("Guidance 4 fits better than 15: the whole interval is below 0", against[15.0].high < 0)

# %% [markdown]
# Where an interval holds 0, the experiment cannot tell the two scales apart. Scale 1 listens too little. At 15 colours burn and
# shapes break; the interval is wide because the elephants suffer most, and the ducks hardly at all. For this small model 2 to
# 4 is enough; large models need more. The numbers belong to this model, these prompts and this judge. The *method* works for
# all.
#
# ## 4. How many steps, and which sampler?
#
# Day 04 raced samplers on digits. In diffusers, changing the sampler means changing the scheduler; the network stays. (Heun is
# missing here: diffusers' Heun cannot read our model's schedule, which ends in pure noise.) First the same two seeds with each.
#
# **Predict, then run.** Which of the four will paint the same picture, and which another one?

# %% mystnb={"image": {"alt": "Two prompts painted by DDIM, Euler, DPM-Solver++ and DDPM from the same noise: the first three are nearly the same picture, DDPM's is another one."}} tags=["trained"]
by_sampler = sweep(pipe, prompts[:2], seeds[:2], "sampler", list(SAMPLERS), guidance=GUIDANCE, steps=STEPS)
plots.plot_columns(by_sampler, ["elephant", "duck"])
plt.show()
far = {name: apart(made, by_sampler["DDIM"]) for name, made in by_sampler.items()}
gate("Euler is DDIM, as on day 04", far["Euler"] < 0.02)
gate("DDPM is farther from DDIM than DPM-Solver++ is", far["DDPM"] > far["DPM-Solver++"])

# %% [markdown]
# Three follow the same road from noise to picture. DDPM draws fresh noise on the way, and ends elsewhere. So a seed alone
# does not name a picture: the sampler belongs to it. Now the number of steps.
#
# **Predict, then run.** After how many steps will more of them no longer help?

# %%
COUNTS, few, by_steps = [1, 2, 4, 8, 16], prompts[:8], {}
for name in ("DDIM", "DPM-Solver++", "DDPM"):
    knobs = dict(guidance=GUIDANCE, sampler=name, watch=progress)
    by_steps[name] = sweep(pipe, few, seeds[: len(few)], "steps", COUNTS, **knobs)

# %% mystnb={"image": {"alt": "An elephant by DDIM in 1, 2, 4, 8 and 16 steps: a blur of the right colours at 1, a rough shape at 2, a clear picture from 4 on."}} tags=["trained"]
plots.plot_columns({f"steps: {n}": by_steps["DDIM"][n] for n in COUNTS}, ["elephant"])
plt.show()

# %% mystnb={"image": {"alt": "How much worse the fit is than with 16 steps, for three samplers with bands: far below zero at 1 and 2 steps, near zero at 4 and 8."}} tags=["trained"]
fit_few = prompt_fit(judge, few)
against_16 = {name: compared(made, fit_few, base=16) for name, made in by_steps.items()}
curves = {name: [*found.values(), (0.0, 0.0, 0.0)] for name, found in against_16.items()}
names = dict(setting="sampling steps", measure="difference in fit", title="What is lost against 16 steps?")
plots.plot_setting(COUNTS, curves, **names).legend(loc="lower right")
plt.show()
if TIER == "pocket":
    lost = {n: [found[n].value for found in against_16.values()] for n in COUNTS[:-1]}
    gate("With 2 steps every sampler fits worse than with 8", all(a < b for a, b in zip(lost[2], lost[8])))
    gate("Between 8 and 16 steps the mean moves by less than 0.03", max(map(abs, lost[8])) < 0.03)

# %% [markdown]
# After one step you see a blur, the average of all that fits the words. Four steps give a picture, and beyond eight the
# judge sees next to no gain. Small pictures are easy: with Stable Diffusion, 20 to 50 steps are usual.
#
# ## 5. What does a negative prompt do?
#
# You type "blurry" into a second box, and hope that nothing will be blurry. What happens? The loop of section 2 asks the U-Net
# twice, with your prompt and with the *empty* text. A **negative prompt** takes the place of the empty text. Nothing else changes:
#
# $$\text{guess} = u_{other} + s\,(u_{prompt} - u_{other})$$
#
# $u$ is the U-Net's answer. So each step goes away from the other text, towards the prompt.
#
# **Exercise 3.** Write it for both texts at once: `torch.cat` joins two batches, and `.chunk(2)` takes the answer apart
# again. `unet(latents, t, texts).sample` is the answer.


# %% tags=["exercise"]
def guided_noise(unet, latents, t, prompt, other, scale):
    """The guided guess.  latents: (N, C, H, W).  prompt, other: embeddings, (N, 77, D).  Returns (N, C, H, W)."""
    ...


guided_noise = attempt("guided_noise", guided_noise)

# %% [markdown]
# If that is all, the loop of section 2 can do it too, with the negative prompt as `other`. The prompt "a red fox" names no medium.
# The negative prompt below names four of the five.
#
# **Predict, then run.** What is left?

# %% mystnb={"image": {"alt": "Two rows of red foxes: above, without a negative prompt, bright digital art and paintings; below, with four media in the negative prompt, dark photos at night."}} tags=["trained"]
fox, media = "a red fox", "watercolor painting, oil painting, pencil drawing, digital art"
gate("by_hand does it too", same(by_hand(fox, media), by_diffusers(fox, negative_prompt=media)))
knobs = dict(guidance=GUIDANCE, steps=STEPS)
foxes = {
    "no negative\nprompt": paint(pipe, fox, seeds, **knobs),
    "four media in\nthe negative": paint(pipe, fox, seeds, negative=media, **knobs),
}
plots.plot_image_table(torch.stack(list(foxes.values()))[:, :4], list(foxes), [""] * 4, size=1.25)
plt.show()

# %%
seen = [judge.read(made).agrees("medium", ["photo"] * len(made)) for made in foxes.values()]
without, with_media = (found.float().mean().item() for found in seen)
if TIER == "pocket":
    gate("Without it, at most 1 fox in 4 is a photo", without <= 0.25)
    gate("With four media in the negative prompt at least 9 in 10 are photos", with_media >= 0.9)
    bright, dark = (made.mean().item() for made in foxes.values())
    gate("And the pictures are darker", dark < bright)

# %% [markdown]
# The fifth medium is left, though nobody asked for a photo. And look at what came along: it is night. To go away from paintings
# is to go away from all that paintings have, bright paper and skies too. A negative prompt is a direction, not a list of
# forbidden things.
#
# Now the usual use: flaws. We blur Zoo pictures on purpose, and let **image-to-image** repaint them: it adds noise for 40% of the
# way, and samples from there (day 15 says more). The prompt is empty, so only the negative prompt can tell what is wrong.

# %%
from diffusers import StableDiffusionImg2ImgPipeline  # noqa: E402

repainter = StableDiffusionImg2ImgPipeline(**pipe.components, requires_safety_checker=False)
repainter.set_progress_bar_config(disable=True)
scenes = [random_scene(1000 * SEED + i, flaws=("blurry",)) for i in range(N_SEEDS)]
blurry = torch.stack([torch.tensor(draw(scene)) for scene in scenes]).movedim(-1, 1) / 255  # (N, 3, 64, 64)
side = pipe.unet.config.sample_size * pipe.vae_scale_factor
blurry = torch.nn.functional.interpolate(blurry, size=side)


# %% mystnb={"image": {"alt": "Three columns of pictures: blurred Zoo pictures, the same repainted and still soft, and repainted with a negative prompt, now with hard edges and strong colours."}} tags=["trained"]
def repaint(negative):
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    made = repainter(
        [""] * N_SEEDS, image=blurry, strength=0.4, negative_prompt=[negative] * N_SEEDS, guidance_scale=5.0,
        num_inference_steps=25, generator=generators, output_type="pt",
    )  # fmt: skip
    return made.images.float().cpu() * 2 - 1


flawed = {"blurred": blurry * 2 - 1, "repainted": repaint("")}
flawed["repainted, away\nfrom flaws"] = repaint("blurry, low quality, distorted, text")
plots.plot_columns(flawed, size=1.6)
plt.show()

# %% mystnb={"image": {"alt": "How many pictures the judge calls blurry, with 95% intervals: nearly all where they are blurred, most after plain repainting, few or none after repainting with the negative prompt."}} tags=["trained"]
seen = {
    name: share_interval(int(judge.flaws(made)["blurry"].sum()), N_SEEDS) for name, made in flawed.items()
}
ax = plots.plot_intervals(seen, [plots.DATA, plots.NOISE, plots.GUIDANCE])
ax.set(title="Called blurry by the judge", xlim=(-0.02, 1.12))
plt.show()
_, plain, away = (found.value for found in seen.values())
if TIER == "pocket":
    gate("Plain repainting leaves more than twice as many blurry as the negative prompt", plain > 2 * away)

# %% [markdown]
# It works because the model knows the flaw by name: in training, blurred pictures had "blurry" in their captions. Where a word
# never stood under such pictures, there is nothing to go away from.
#
# Last, a long prompt with a long negative one.
#
# **Predict, then run.** What will the negative prompt change? And at guidance 1?

# %%
owl = "A digital art of a snowy owl flying over a moonlit forest, detailed feathers, soft glowing light"
bad = "low quality, blurry, distorted, text"
knobs = dict(steps=STEPS, seeds=seeds_from(1000 * SEED + 300, 4))
owls = {
    "no negative": paint(pipe, owl, guidance=GUIDANCE, **knobs),
    "negative": paint(pipe, owl, negative=bad, guidance=GUIDANCE, **knobs),
    "guidance 1": paint(pipe, owl, guidance=1.0, **knobs),
    "guidance 1,\nnegative": paint(pipe, owl, negative=bad, guidance=1.0, **knobs),
}

# %% mystnb={"image": {"alt": "Four pictures of a snowy owl flying over a dark forest with a moon: with the negative prompt contrasts are harder; at guidance 1 the pictures without and with it are the same."}} tags=["trained"]
plots.plot_columns(owls, [""], size=1.6)
plt.show()
print(*check_prompt(pipe, owl, bad, guidance=1.0))
a, b, c, d = owls.values()
gate("At guidance 1 the negative prompt changes not one pixel", same(c, d))
if TIER == "pocket":
    right = judge.read(torch.cat([a, b])).agrees("animal", ["snowy owl"] * 8)
    gate("All are snowy owls, without and with the negative prompt", right.all().item())
    gate("With it the contrasts are harder", (b.std() > a.std()).item())

# %% [markdown]
# All of them show the owl that was asked for. The negative prompt found no flaw to take away; it only made contrasts harder. At
# guidance 1 it is never read. diffusers does not say so; `check_prompt` does.
#
# ## 6. Can you mix two prompts?
#
# Embeddings are tables of numbers, so you can compute with them before the U-Net reads them. The plainest way is a
# **blend** of two prompts:
#
# $$z = (1 - w)\,z_{fox} + w\,z_{owl}$$
#
# **Predict, then run.** Half a fox and half an owl: two animals, or one?

# %%
mixing = seeds_from(1000 * SEED + 400, 6 if N_SEEDS > 2 else 2)
texts = ["", "a photo of a red fox in a forest", "a photo of an owl in a forest"]
z_empty, z_fox, z_owl = (encode_prompt(pipe, [text] * len(mixing)) for text in texts)  # (6, 77, D) each
size = pipe.unet.config.sample_size
noises = [torch.randn(1, 4, size, size, generator=torch.Generator().manual_seed(seed)) for seed in mixing]


# %%
@torch.no_grad()
def from_embeddings(z_at):
    """Pictures from embeddings.  z_at: a function that gives those of each step, (N, 77, D)."""
    pipe.scheduler.set_timesteps(STEPS)
    latents = torch.cat(noises).to(z_empty) * pipe.scheduler.init_noise_sigma
    for step, t in enumerate(pipe.scheduler.timesteps):
        scaled = pipe.scheduler.scale_model_input(latents, t)
        guess = guided_noise(pipe.unet, scaled, t, z_at(step), z_empty, GUIDANCE)
        latents = pipe.scheduler.step(guess, t, latents).prev_sample
    return pipe.vae.decode(latents / pipe.vae.config.scaling_factor).sample.clamp(-1, 1).float().cpu()


# %% mystnb={"image": {"alt": "Five columns from fox to owl by the weight of the blend: foxes at 0 and 0.4, creatures with a fox's body and an owl's face or chest at 0.5 and 0.6, owls at 1."}} tags=["trained"]
WEIGHTS = [0.0, 0.4, 0.5, 0.6, 1.0]
blend_by = lambda w: from_embeddings(lambda step: blend(z_fox, z_owl, w))
blended = {w: blend_by(w) for w in progress(WEIGHTS, len(WEIGHTS), "blending")}
plots.plot_columns({f"w = {w:g}": made for w, made in blended.items()})
plt.show()


# %%
def share_of(animal, pictures):
    """The part of the pictures that the judge takes for this animal."""
    return judge.read(pictures).agrees("animal", [animal] * len(pictures)).float().mean().item()


if TIER == "pocket":
    gate("At weight 0 all are foxes", share_of("red fox", blended[0.0]) == 1)
    gate("At weight 1 all are owls", share_of("owl", blended[1.0]) == 1)

# %% [markdown]
# One animal: near the middle stand creatures that no training picture ever showed.
#
# Another wish is to say *one word* louder. Some programs let you write `(blue:2)` for it, and multiply that word's vector.
#
# **Exercise 4.** Write it. `z.clone()` makes a copy, and `z[:, position]` is one word in every prompt of the batch.


# %% tags=["exercise"]
def scale_word(embeddings, position, weight):
    """One word's vector times weight, in a copy.  embeddings: (N, 77, D).  position: a whole number.  Returns (N, 77, D)."""
    ...


scale_word = attempt("scale_word", scale_word)

# %% [markdown]
# **Predict, then run.** "a photo of a blue frog in a meadow": say *blue* 0, 1, 2 and 4 times as loud. What colour is the frog
# at 0?

# %%
texts = {"not said": "a photo of a frog in a meadow", "blue": "a photo of a blue frog in a meadow"}
z_plain, z_blue = (encode_prompt(pipe, [text] * len(mixing)) for text in texts.values())
at = word_position(pipe.tokenizer, texts["blue"], "blue")
louder = {"not said": from_embeddings(lambda step: z_plain)}
for weight in progress([0.0, 1.0, 2.0, 4.0], 4, "louder"):
    z = scale_word(z_blue, at, weight)
    louder[f"blue × {weight:g}"] = from_embeddings(lambda step, z=z: z)

# %% mystnb={"image": {"alt": "Five frogs in a meadow: green where blue is not said, blue at weights 0, 1 and 2, and broken into blue patches at 4."}} tags=["trained"]
plots.plot_columns(louder, [""])
plt.show()

# %%
blueness = {
    name: (made[:, 2] - made[:, 1]).mean().item() for name, made in louder.items()
}  # blue minus green
if TIER == "pocket":
    halfway = (blueness["blue × 1"] + blueness["not said"]) / 2
    gate("Blue × 0 is nearer to blue × 1 than to not said", blueness["blue × 0"] > halfway)
    gate("At 4 there is more blue than at 1", blueness["blue × 4"] > blueness["blue × 1"])

# %% [markdown]
# At 0 the frog is still blue! On day 06 you saw why: each word has read the words before it. So *frog*, and all that follows,
# still knows of the blue. (It is not always so: try "a white rabbit in a forest".) At 4 the vector is longer than any that the U-Net
# has met, and the picture breaks. Weights from about 0.5 to 2 are of use.
#
# The third way is to **switch**: one prompt for the first steps, another one for the rest. On day 04 you did it with digits.
#
# **Exercise 5.** Write which embeddings a step gets. With 8 steps and `at` = 0.5, steps 0 to 3 belong to the first.


# %% tags=["exercise"]
def switch_prompt(step, steps, at, first, second):
    """The embeddings for this step, 0 to steps - 1.  at: the part of the steps that `first` gets, 0 to 1."""
    ...


switch_prompt = attempt("switch_prompt", switch_prompt)

# %% [markdown]
# **Predict, then run.** From fox to owl: how late can you change your mind? What does a late change look like?

# %% mystnb={"image": {"alt": "Five columns by when the prompt changes from fox to owl: owls at once and after a quarter, animals between the two after half, foxes with some owl after three quarters, foxes without a change."}} tags=["trained"]
PARTS = [0.0, 0.25, 0.5, 0.75, 1.0]
switch_at = lambda part: from_embeddings(lambda step: switch_prompt(step, STEPS, part, z_fox, z_owl))
switched = {part: switch_at(part) for part in progress(PARTS, len(PARTS), "switching")}
plots.plot_columns({f"after {part:.0%}": made for part, made in switched.items()})
plt.show()

# %%
if TIER == "pocket":
    gate("Switched after a quarter of the steps, all are owls", share_of("owl", switched[0.25]) == 1)
    gate("Never switched, all are foxes", share_of("red fox", switched[1.0]) == 1)
    gate("Switched after three quarters, at most half are owls", share_of("owl", switched[0.75]) <= 0.5)

# %% [markdown]
# Early steps fix the outline, late ones the detail. Switched half way or later, the fox's ears, tail or four legs stay, with
# an owl's eyes and chest.
#
# ## 7. What has it never heard of?
#
# A model puts together in new ways what it has learned. It cannot paint what no caption ever told it. Four requests, each
# with a reason to fail:
#
# | request | what training lacked |
# |---|---|
# | a dragon | the word, and the animal |
# | a blue fox | this pair of two known words |
# | two cats | counting; every picture had one animal |
# | a cat and a penguin | two animals in one picture |
#
# **Predict, then run.** Which of them will it manage?

# %%
print({word: pipe.tokenizer.tokenize(word) for word in ("dragon", "fox", "cats", "cat")})
strange = [
    "a photo of a dragon in a forest", "a photo of a blue fox in the snow", "a photo of two cats in a meadow",
    "a photo of a cat and a penguin in a meadow",
]  # fmt: skip
asked = [text for text in strange for _ in mixing]
tried = paint(pipe, asked, mixing * 4, guidance=GUIDANCE, steps=STEPS).unflatten(0, (4, len(mixing)))

# %% mystnb={"image": {"alt": "Four columns: for a dragon, brown and grey animals of no clear kind in a forest; for a blue fox, blue animals with pointed ears; for two cats, one brown animal each; for a cat and a penguin, one penguin each."}} tags=["trained"]
plots.plot_columns(dict(zip(["a dragon", "a blue fox", "two cats", "a cat and a penguin"], tried)), size=1.6)
plt.show()

# %%
kinds_seen = [set(judge.read(row).animal.argmax(1).tolist()) for row in tried]
if TIER == "pocket":
    gate("For a dragon the judge names more than one animal", len(kinds_seen[0]) > 1)
    gate("For a blue fox it never says red fox", ANIMALS.index("red fox") not in kinds_seen[1])
    gate("For a cat and a penguin nearly all are penguins", share_of("penguin", tried[3]) >= 0.8)

# %% [markdown]
# The dragon is spelled out in pieces that mean nothing, and becomes something between animals. *Cats* is no token either, so not
# even one proper cat comes. Of a cat and a penguin one is left. The blue fox is a surprise: the two words do combine, into blue
# animals with a fox's ears. Yet the judge calls them something else, for it has never seen one. **A judge has limits, too**;
# day 08 looks for them.
#
# Last, the magic words that people put behind every prompt.
#
# **Predict, then run.** What do "masterpiece, best quality, 4k, highly detailed" add?

# %%
magic = [f"{text}, masterpiece, best quality, 4k, highly detailed" for text in prompts]
with_magic = paint(pipe, magic, seeds, guidance=4.0, steps=STEPS)
gain = interval(fit(with_magic) - fit(by_scale[4.0]))
if TIER == "pocket":
    gate("The magic words move the mean fit by less than 0.03", abs(gain[0]) < 0.03)

# %% [markdown]
# Next to nothing. In our training data such words stood under pictures of every kind, so the model learned that they mean
# nothing. On the internet they do not stand by chance, so large models do react. Whether in the way you want, you can now
# measure.
#
# ## 8. Your laboratory
#
# All knobs of today in one place. Type, turn, press **Paint**. Each picture is saved in the folder `my_pictures` beside this
# notebook, with its settings inside the PNG file. *Load again* sets the controls to those of a saved picture, so you can paint it
# once more, or change one thing. Seed −1 draws a seed, and tells it.
#
# Try: your best snowy owl; the lowest guidance that still obeys; a prompt that the model understands wrongly.

# %% mystnb={"image": {"alt": "A snowy owl as digital art, flying over a moonlit forest, painted with the settings named above it."}} tags=["trained"]
prompt_lab(pipe, owl, negative=bad, guidance=GUIDANCE, steps=25, seed=SEED, tier=TIER)

# %% [markdown]
# ## Recap
#
# - The pipeline: text encoder, noise, U-Net and scheduler again and again, decoder. You wrote it in one cell.
# - An experiment: one thing varies, the same seeds throughout, a score, an interval; compare in pairs.
# - Guidance helps up to a point, and then burns. Steps help up to a point, and then only cost. At scale 1 it is off.
# - A negative prompt takes the place of the empty text. It needs guidance above 1, and something that the model knows by name.
# - Embeddings can be blended, scaled and switched: early steps decide the outline, late ones the detail.
# - What no caption told, no prompt can ask for.
#
# Tomorrow: how well a picture fits its words, and when the judge is wrong.
#
# | English | 한국어 |
# |---|---|
# | pipeline | 파이프라인 |
# | prompt | 프롬프트 |
# | negative prompt | 네거티브 프롬프트 |
# | guidance scale | 가이던스 스케일 |
# | sampling steps | 샘플링 단계 수 |
# | sampler | 샘플러 |
# | seed | 시드 |
# | text-to-image | 텍스트-이미지 생성 |
# | embedding | 임베딩 |

# %% [markdown]
# ## Quiz

# %%
quiz("day07")

# %% [markdown]
# ## Sources
#
# - Rombach and others: *High-Resolution Image Synthesis with Latent Diffusion Models*, 2022, arXiv 2112.10752: Stable Diffusion.
# - Ho, Salimans: *Classifier-Free Diffusion Guidance*, 2022, arXiv 2207.12598. Saharia and others: *Imagen*, 2022, arXiv 2205.11487:
#   the convention used here.
# - Lin and others: *Common Diffusion Noise Schedules and Sample Steps are Flawed*, 2023, arXiv 2305.08891: ending in pure noise.
# - Meng and others: *SDEdit*, 2021, arXiv 2108.01073: repainting a picture from the middle of the way.
# - Student: *The Probable Error of a Mean*, Biometrika 1908: intervals from few values.
# - diffusers, `StableDiffusionPipeline`: the library's own loop.
