"""The words that the pages use."""

from __future__ import annotations

from dashboard.help.competing import COMPETING
from dashboard.help.entry import Entry
from dashboard.help.models import MODELS

GLOSSARY = (
    Entry(
        "C-index",
        "Of all pairs of patients whose order of events is known, the share that the risk puts in the right order. 0.5 "
        "is guessing, 1 is perfect. Harrell's C, the default, takes every such pair within the fold; Uno's C weights "
        "patients for those whose follow-up ended early; Eq. 16 is the paper's own formula. It says nothing about how "
        "long anybody lives: see *calibration*.",
        "concordance Harrell Uno",
    ),
    Entry(
        "Null experiment",
        "The whole protocol on survival that was dealt anew to the patients, so that nothing can predict it. A "
        "protocol that can be trusted gives a C-index around 0.5 there; one that gives more finds signal where there is"
        " none. Runs of null experiments are marked *outcomes dealt anew*, and none of their numbers is a result. "
        "*Permutation p* of a run is the share of permutations whose C-index reaches its own, the run itself counted "
        "among them: with 20 permutations it is 1/21 at least.",
        "permutation shuffled chance leak optimism",
    ),
    Entry(
        "Folds of whole hospitals",
        "With `folds_by = sites` all patients of a hospital are in one fold, so that a fold is tested on hospitals "
        "that training has not seen: stains, scanners and patients differ between hospitals, and a model can learn "
        "that in place of the disease. TCGA barcodes name the tissue source site (characters 6 and 7); of other "
        "patients a column of clinical.csv does (`tissue_source_site`, `hospital`, `center` or `site`). A hospital "
        "cannot be parted, so folds are less equal in size.",
        "site batch external validation tissue source center folds_by",
    ),
    Entry(
        "Hazard, hazard ratio",
        "The hazard is how often the event happens per day among those to whom it has not happened yet. A hazard ratio "
        "of 2 means twice as often, at every time alike; 1 means no difference. Its 95 % interval covers 1 where the "
        "data cannot tell.",
        "HR Cox",
    ),
    Entry(
        "Risk score",
        "What the model says of a patient: the logarithm of the hazard relative to others of the same fold. Higher is "
        "worse. It has no unit, and scores of different folds come from different models: compare within a fold.",
        "log relative hazard",
    ),
    Entry(
        "Censoring",
        "Follow-up that ended before the event was seen: the patient was alive at the last visit, or moved away, or, "
        "with an endpoint other than overall survival, died of something else. Such a patient counts as event-free up "
        "to that day and says nothing about later. In the curves it is a tick.",
        "censored event follow-up",
    ),
    Entry(
        "Kaplan–Meier curve",
        "The share of patients still free of the event at each time, counted so that censored patients stay in for as "
        "long as they were seen. The band is its 95 % interval. Late in a curve few patients are left: look at the "
        "numbers at risk below it before reading a step. Where patients can die of something else first, see "
        "*competing events*.",
        "KM survival at risk",
    ),
    *COMPETING,
    Entry(
        "Median survival",
        "The time at which half of a group has had the event. *Not reached* where more than half are still free of it "
        "when the follow-up ends.",
    ),
    Entry(
        "Mean within τ, restricted mean survival time (RMST)",
        "The mean time free of the event up to a fixed day, τ, which is the area under the curve until then. It needs "
        "no constant hazard ratio, and its difference between two groups is a time, in years or months as the curves.",
        "restricted mean tau",
    ),
    Entry(
        "Log-rank test",
        "Whether two or more groups differ in survival. Here it is stratified by fold: patients are compared with "
        "others of their own fold only, because each fold has a model of its own. *Permutation p* shuffles the groups "
        "within folds instead, and assumes less.",
        "p value stratified permutation",
    ),
    Entry(
        "Landmark analysis",
        "Only patients who are still followed and free of the event at a chosen time, with time counted from there: "
        "does the risk say anything to those who have come so far?",
    ),
    Entry(
        "Calibration",
        "Whether predicted survival is what happens: of patients who are given 70 % for three years, are 70 % alive "
        "then? A model can order patients well and be badly calibrated.",
        "predicted observed",
    ),
    Entry(
        "Calibration slope",
        "The factor by which log risks are to be multiplied to fit what happened. 1 is right; below 1 the risks are "
        "too extreme, as those of a model that learnt its training patients by heart; above 1 too cautious.",
        "observed expected deaths too extreme overfitting",
    ),
    Entry(
        "Added value",
        "Whether a model's risk says anything that the clinical data do not: a Cox model with both risks against one "
        "with the clinical risk alone (likelihood-ratio test), and by how much the C-index rises.",
        "likelihood-ratio clinical",
    ),
    Entry(
        "Better, worse, cannot be told apart",
        "Two models are told apart only where two things agree: the interval of their difference, which is about the "
        "choice of test patients, leaves 0 out, and the corrected t-test over the folds (Nadeau & Bengio), which is "
        "about the choice of training patients, gives p < 0.05, adjusted for the number of comparisons (Holm).",
        "verdict significant difference p value corrected resampled t-test Holm",
    ),
    Entry(
        "Brier score",
        "Mean squared difference between the predicted survival and what happened, at a given time. 0 is perfect; the "
        "line of the Kaplan–Meier curve, which gives everybody the same, is what has to be beaten.",
    ),
    Entry(
        "Endpoint",
        "What counts as the event. OS: death of any cause. DSS: death of the disease. PFI: progression or death of the "
        "disease. DFI: relapse of patients who were free of it.",
        "OS DSS PFI DFI overall survival",
    ),
    Entry(
        "Fold, out of fold",
        "Patients are divided into folds, five by default. For each, a model is trained on all others and predicts its "
        "patients: their risk is *out of fold*. Every patient has one such risk. The model has never seen them under "
        "the *honest protocol*; under the *paper protocol* something before fine-tuning has.",
        "cross-validation training test",
    ),
    Entry(
        "Honest protocol",
        "Genes, scalers, pre-training and the cut between risk groups see the training patients only, and the last "
        "epoch counts. This is what to expect of new patients.",
    ),
    Entry(
        "Paper protocol",
        "Genes are chosen, and the model is pre-trained, on all patients, those who are tested later included. "
        "*paper-released* also reports the epoch that did best on the test patients, as the authors' code does; that "
        "code stops early by them too, where here all epochs are run, so that the best is at least as high.",
        "paper-released released",
    ),
    Entry(
        "Optimism",
        "The C-index under the paper's protocol minus that under the honest one, with the same settings and folds: how "
        "much better the score looks than new patients would give. On a small cohort the two may not be told apart; "
        "the *null experiment* tells more.",
        "leakage bias",
    ),
    Entry(
        "Published number, stand-in (†)",
        "What the paper prints, on its own patients, folds and settings. Beside it stands the finished run that asks "
        "the same question; where its settings are not exactly those that were asked for, such as a smaller model, it "
        "is marked † and what differs is listed.",
        "reproduce paper table deviation settings",
    ),
    *MODELS,
    Entry(
        "Bootstrap interval",
        "Patients are drawn again, with replacement, a thousand times, and the score is computed each time: 95 % of "
        "these values lie in the interval. It tells how much depends on who happened to be tested, and nothing about "
        "other training patients or other seeds.",
        "95 % confidence",
    ),
    Entry(
        "Seed",
        "The number from which all chance in a run is drawn: folds, first weights, batches. Runs that differ in "
        "nothing else show how much of a result is luck.",
        "random repeats",
    ),
    Entry(
        "Region",
        "A square of tissue that the model reads as one thing: 4,096 pixels of the slide a side in the paper, shrunk "
        "to 256. A slide has from a few to some hundreds.",
        "patch tile",
    ),
    Entry(
        "mpp",
        "Micrometres a pixel: how fine a slide was scanned. 0.25 is about 40×, 0.5 about 20×. Where the file does not "
        "state it, there can be no scale bar, and regions have a size in pixels only.",
        "magnification micrometre scale",
    ),
    Entry(
        "Omics type",
        "One table of molecular measurements: mRNA, microRNA, methylation, copy number, mutations and so on.",
        "mrna mirna methylation",
    ),
    Entry(
        "Gene selection",
        "Each omics type has far more genes than there are patients. In each fold the training patients choose: genes "
        "that differ between tumour and normal tissue, or between short and long survivors, then those that rank best "
        "by survival. Folds rarely agree on all of them, so a single chosen gene is no biomarker.",
        "differential forest stability",
    ),
    Entry(
        "Pre-training",
        "Before it sees any survival time, the model learns from slides and omics of the same patients, by three "
        "tasks: POC, POM and MOM.",
        "self-supervised",
    ),
    Entry(
        "POC",
        "Pathology–omics contrastive learning: of all slides in a batch, which belongs to this omics profile, and the "
        "other way round? It pulls the two halves of a patient together and pushes others apart.",
        "contrastive alignment temperature",
    ),
    Entry(
        "POM",
        "Pathology–omics matching: are this slide and this profile of the same patient? The wrong ones shown are those "
        "that POC finds most alike (*hard negatives*).",
        "matching negatives",
    ),
    Entry(
        "MOM",
        "Masked omics modelling: one omics type is hidden, and is filled in from the slide and the other types.",
        "masked reconstruction",
    ),
    Entry(
        "Fine-tuning",
        "The pre-trained model learns survival from the training patients' follow-up, by the *Cox loss*: the patient "
        "who has the event must have a higher risk than those who are still followed then.",
        "Cox partial likelihood",
    ),
    Entry(
        "Epoch, batch, learning rate",
        "An epoch is one pass over the training patients, a batch the patients of one step, and the learning rate how "
        "far the weights move in a step.",
        "training",
    ),
    Entry(
        "Attention",
        "How much the model's summary of a slide looks at each region. It tells where the model looked, and not "
        "whether what it saw raised or lowered the risk.",
        "CLS weights map",
    ),
    Entry(
        "Occlusion",
        "A region is left out and the risk is computed again. The difference, with its sign, is that region's effect "
        "on the risk. It is the map to read when asking why.",
        "effect on the risk leave one out",
    ),
    Entry(
        "Alignment, the map",
        "How strongly an omics profile attends to each region; on the Slide page it is called *Match with …*. It shows "
        "which tissue the profile is matched with. It is not on the way to the paper's risk, the cosine, and explains "
        "no risk. The page called Alignment is about something else: see *alignment, the page*.",
        "cross-attention match",
    ),
    Entry(
        "Integrated gradients",
        "How much each gene's value moved the patient's risk away from that of the average profile. The contributions "
        "of all genes add up to that difference.",
        "attribution leading genes",
    ),
    Entry(
        "Alignment, the page",
        "Whether slides and omics profiles of the same patients find each other among all others (*retrieval*), and "
        "what the model fills in for omics that it was not shown. It is about whole patients, and about the model after"
        " pre-training, not about the risk. Which regions a profile is matched with is on the Slide page: see "
        "*alignment, the map*.",
        "retrieval recall hidden omics",
    ),
    Entry(
        "τ (tau)",
        "The day up to which follow-up counts. Of the restricted mean survival time it is the end of the time over "
        "which the mean is taken: unless you choose another, the last day on which a tenth of every group are still "
        "followed, since beyond it a curve rests on a few patients (Pocock, Clayton & Altman 2002). Of Uno's C it is "
        "the day by which nine in ten of the training patients' follow-ups have ended, after which events no longer "
        "count. Numbers with another τ are other numbers.",
        "tau RMST restricted mean Uno horizon truncation at risk",
    ),
    Entry(
        "DESeq2",
        "The test for tables of counts (Love, Huber & Anders 2014): reads a gene are taken as negative binomial, each "
        "sample is scaled by its size factor, and how much a gene scatters is learnt from genes of like expression. "
        "Other kinds of numbers are tested in other ways.",
        "differential expression counts negative binomial size factor dispersion",
    ),
    Entry(
        "q-value",
        "A p-value made ready for thousands of genes tested at once (Benjamini–Hochberg). Of the genes with q below "
        "0.05, about one in twenty is expected to be there by chance: that share is the *false discovery rate*.",
        "q value qvalue FDR false discovery rate Benjamini Hochberg multiple testing",
    ),
    Entry(
        "Dropout",
        "In each step of training, that share of the values inside the model is set to 0 at random, so that it cannot "
        "rest on a few of them. More of it guards a small cohort against learning its patients by heart; too much "
        "keeps the model from learning. Nothing is dropped when risks are predicted.",
        "regularisation overfitting",
    ),
)
"""In an order that can be read from top to bottom."""
