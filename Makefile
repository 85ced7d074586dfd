# make demo     install what is missing, build a release, extract the features of samples/
# make test     the whole test suite
# make install  PREFIX=/usr/local: the program and its manual pages
# make lint     swift format, strict
# make sanitize tests of Kit, Scans and Texture and 20,000 damaged inputs under AddressSanitizer, of Training under
#               ThreadSanitizer (debug builds)
# make fuzz     damaged input for every reader, INPUTS=1000000 in all; one that crashes it is left in .build/fuzz
# make pacs-test  the DICOM node of samples/pacs between a sender and an archive (Debian's Orthanc), on ports of its own
# make cluster-test  SHARDS=20 of an archive (ARCHIVE=samples) as a job array of a Slurm of one node, three requeued while they run, and as
#               one without Slurm, three killed; merged, they are the table of one run
# make kill     extract, pretrain, finetune and ablate killed KILLS=25 times each, resumed, compared with undisturbed runs
# make docs     the documentation of the libraries, as pages, in .build/docs
# make pictures the pictures of README.md, from samples/

PREFIX ?= /usr/local
SWIFT ?= swift
# Release in every target, so that one build serves demo and test. What is installed has Swift's runtime linked in, so
# that it needs no toolchain (Swift Testing cannot be built that way, hence the second folder).
BUILD = -c release
STATIC = -c release --static-swift-stdlib --scratch-path .build-install --product weft
PACKAGES = libdcmtk-dev libopenjp2-7-dev libpng-dev libnifti2-dev libteem-dev libbz2-dev libxxhash-dev \
    libxlsxwriter-dev libopenblas0 zlib1g-dev pkg-config
TEST_PACKAGES = mandoc
# The test starts an Orthanc of its own; the service that Debian starts where it installs the package is not used.
PACS_PACKAGES = dcmtk orthanc curl shellcheck
# The test starts a Slurm of its own in a temporary folder; the services that Debian may start are not used.
CLUSTER_PACKAGES = slurm-wlm munge shellcheck
# What reads bytes, what walks over voxels with pointers, and the kit of the trainers.
ADDRESS_TESTS = ^(FilesTests|EncodingTests|SettingsFileTests|ImagingTests|IngestionTests|PhantomTests)\.
TEXTURE_TESTS = ^TextureCoreTests\.(GreyLevel|BruteForce)Tests|^RadiomicsTests\.(Texture|FeatureMapTwin)
# Left out to bound the time of a debug build, as are the reference images of Texture: minutes each there. What DamageTests
# does to DICOM the fuzzing does as well.
NOT_UNDER_ADDRESS = DamageTests|TextureTask
THREAD_TESTS = ^TrainingTests\.
# Of all readers together; each of the thirteen gets its share.
INPUTS ?= 1000000
KILLS ?= 25
ARCHIVE ?= samples
SHARDS ?= 20
SEED ?= 1
SANITIZED_INPUTS = 20000
DOCUMENTED = Weft WeftLearning

.PHONY: demo build test sanitize fuzz pacs-test cluster-test kill docs pictures install lint packages test-packages clean

demo: build
	@rm -rf demo && mkdir demo
	.build/release/weft inspect samples
	.build/release/weft extract samples --mask-kind rtstruct,png -o demo/features.csv
	.build/release/weft extract samples/ct-lesion --mask-kind seg --roi Lesion --families stat,cm --aggregations 3D_comb
	@echo "The table of all regions: demo/features.csv" \
	    "($$(($$(wc -l < demo/features.csv) - 1)) rows, $$(head -n 1 demo/features.csv | tr ',' '\n' | wc -l) columns)"

build: packages
	$(SWIFT) build $(BUILD)

test: packages test-packages
	$(SWIFT) build $(BUILD) --build-tests
	$(SWIFT) test $(BUILD) --skip-build

# Debug builds, so that assertions are checked as well. DCMTK, libpng and OpenBLAS are the system's and not instrumented.
# Leaks are not looked for: the test runner has its own.
sanitize: packages test-packages
	$(SWIFT) build --scratch-path .build-address --sanitize=address --build-tests
	ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test --skip-build --scratch-path .build-address --sanitize=address \
	    --filter '$(ADDRESS_TESTS)' --filter '$(TEXTURE_TESTS)' --skip '$(NOT_UNDER_ADDRESS)'
	ASAN_OPTIONS=detect_leaks=0 WEFT_FUZZ_FOLDER=$(CURDIR)/.build-address/fuzz WEFT_FUZZ_INPUTS=$$(($(SANITIZED_INPUTS) / 13)) \
	    $(SWIFT) test --skip-build --scratch-path .build-address --sanitize=address --filter '^FuzzTests\.'
	$(SWIFT) build --scratch-path .build-thread --sanitize=thread --build-tests
	$(SWIFT) test --skip-build --scratch-path .build-thread --sanitize=thread --filter '$(THREAD_TESTS)'

# Input n is the same everywhere: WEFT_FUZZ_READER=png WEFT_FUZZ_FIRST=1234 WEFT_FUZZ_INPUTS=1 tries one again.
fuzz: packages test-packages
	$(SWIFT) build $(BUILD) --build-tests
	WEFT_FUZZ_FOLDER=$(CURDIR)/.build/fuzz WEFT_FUZZ_INPUTS=$$(($(INPUTS) / 13)) \
	    $(SWIFT) test $(BUILD) --skip-build --filter '^FuzzTests\.'

pacs-test: build
	@.ci/packages $(PACS_PACKAGES)
	shellcheck samples/pacs/weft-node Tests/PACS/pacs.sh
	Tests/PACS/pacs.sh .build/release/weft

cluster-test: build
	@.ci/packages $(CLUSTER_PACKAGES)
	shellcheck samples/cluster/submit.sh samples/cluster/extract.sbatch Tests/Cluster/*.sh
	Tests/Cluster/array.sh .build/release/weft $(ARCHIVE) $(SHARDS) $(SEED)
	Tests/Cluster/slurm.sh .build/release/weft $(ARCHIVE) $(SHARDS) $(SEED)

kill: build
	Tests/Kill/kill.sh .build/release/weft $(KILLS) $(SEED)

docs: packages
	$(SWIFT) package --allow-writing-to-directory .build/docs generate-documentation --warnings-as-errors \
	    $(DOCUMENTED:%=--target %) --enable-experimental-combined-documentation --output-path .build/docs
	@echo "open .build/docs/index.html with any web server, e.g. python3 -m http.server -d .build/docs"

# The picture of the README's first screen.
pictures: build
	@rm -rf .build/pictures
	.build/release/weft map samples/ct-lesion --mask samples/ct-lesion/seg.dcm --roi Lesion --feature cm_joint_entr \
	    --bin-width 25 -o .build/pictures -q
	install -d Documentation
	install -m 644 .build/pictures/*_cm_joint_entr_3D_comb_picture.png Documentation/lesion-joint-entropy.png

install: packages
	$(SWIFT) build $(STATIC)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 755 .build-install/release/weft $(DESTDIR)$(PREFIX)/bin/weft
	install -m 644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5/
	install -m 644 man/*.7 $(DESTDIR)$(PREFIX)/share/man/man7/

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests

packages:
	@.ci/packages $(PACKAGES)

test-packages:
	@.ci/packages $(TEST_PACKAGES)

clean:
	rm -rf .build .build-install .build-address .build-thread demo
